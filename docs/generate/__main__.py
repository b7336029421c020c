"""``python -m docs.generate``: write the references anew."""

from __future__ import annotations

from pathlib import Path

from . import control_api, python_handles

#: Each reference by its file in ``docs/``.
REFERENCES = {"control-api.md": control_api.text, "python.md": python_handles.text}
DOCS = Path(__file__).resolve().parents[1]


def main() -> None:
    """Write every reference."""
    for name, text in REFERENCES.items():
        (DOCS / name).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
