"""What passes between a client and a server, judged without a request of our own."""
