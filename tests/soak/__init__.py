"""How the fake withstands a long load and hostile clients: ``make soak``."""
