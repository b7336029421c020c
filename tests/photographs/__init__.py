"""Pictures like those of a real service, and the kit's verdicts on them.

``drawn`` and ``shipped`` give photographs, ``service`` what a service makes of them (grids,
variations, upscales, files), ``mistakes`` what a wrong one does, ``judging`` what the kit's
checks say.
"""
