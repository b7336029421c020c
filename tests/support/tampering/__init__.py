"""Fakes whose requests and answers are tampered with on the way, to be wrong or strange on purpose.

A *tampering* stands between the socket and the fake. It sees each request first, may pass it on
changed, more than once or not at all, and answers what it likes. So a tampered server depends on
nothing inside the fake, and two of them in one process have nothing in common.
"""
