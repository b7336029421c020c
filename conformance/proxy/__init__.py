"""``sampan proxy``: between a client and a server, passing everything on, and watching."""
