"""Handles for tests: an account of any server of this API, and the control of a fake."""
