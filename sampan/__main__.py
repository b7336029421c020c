"""``python -m sampan`` is ``sampan``."""

from __future__ import annotations

from .fake_server.cli import main

main(prog_name="sampan")
