"""The conformance kit: which sentences of the API page does a server obey, which does it break?

It shares ``openapi/`` with the fake and no code. See ``checks/__init__.py`` to write a check.
"""
