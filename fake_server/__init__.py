"""A stateful fake of the 小船AI image API, driven by the contract in ``openapi/``."""

from __future__ import annotations
