"""``sampan matrix -- COMMAND``: which open readings of the page a client relies on."""
