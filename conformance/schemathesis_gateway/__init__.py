"""schemathesis through the gate: what it sends and is answered, and the hooks that see to it."""
