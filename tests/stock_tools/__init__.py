"""What tools that read an OpenAPI document find on wrong servers, and what they say of right ones.

    python -m tests.stock_tools schemathesis --count 100           # with sampan's hooks
    python -m tests.stock_tools schemathesis --count 100 --plain   # as it comes
    python -m tests.stock_tools cases                             # the hooks' own cases alone
    python -m tests.stock_tools right                             # with the hooks: false alarms
    python -m tests.stock_tools dredd --count 30                  # needs npm
    python -m tests.stock_tools specmatic --count 30              # needs npm and Java

Everything is on loopback, one server after the other.
"""
