"""The fake: a stateful double of the 小船AI image API, driven by the contract in ``openapi/``."""

from __future__ import annotations

if __name__ != "sampan.fake_server":  # a second copy of every module would have its own state
    raise ImportError("import sampan.fake_server, or: from sampan import FakeServer")
