"""Rounds of kill -9 under load: what a fake with ``--data`` has acknowledged is there again."""
