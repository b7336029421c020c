"""How wrong servers are tried, and what is made of it."""
