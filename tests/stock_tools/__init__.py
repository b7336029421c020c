"""What tools that read an OpenAPI document find on wrong servers, and what they say of right ones.

    python -m tests.stock_tools schemathesis --every 4            # with sampan's hooks
    python -m tests.stock_tools schemathesis --every 4 --plain    # as it comes
    python -m tests.stock_tools right                             # with the hooks: false alarms
    python -m tests.stock_tools dredd --every 13                  # needs npm
    python -m tests.stock_tools specmatic --every 13              # needs npm and Java

Everything is on loopback, one server after the other.
"""
