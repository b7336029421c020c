"""Gateways and networks that misbehave, before a right server: no check may fail it.

Each answers for the server now and then, at a rate and from a seed: with a status of its own, with
a page, not at all, late. The run may slow down and repeat what costs nothing; it may never submit a
job twice, and it ends with a verdict or says what kept it from one (``python -m tests.gateways``).
"""
