"""How the fake bears a long load and hostile clients: ``make soak``."""
