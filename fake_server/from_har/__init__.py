"""A fake that begins with what a HAR file has seen: accounts, jobs and the server's failures."""
