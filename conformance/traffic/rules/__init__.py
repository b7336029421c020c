"""The rules of the judge: each looks at every well-formed exchange, a subject or two a file."""
