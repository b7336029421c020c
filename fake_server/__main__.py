"""``python -m fake_server`` is ``sampan``."""

from __future__ import annotations

from .cli import main

main()
