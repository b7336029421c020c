"""Generated requests: bodies drawn from the contract, and random walks against the job model."""
