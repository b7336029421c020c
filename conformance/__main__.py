"""``python -m conformance check URL`` is ``sampan check URL``."""

from __future__ import annotations

import click

from .cli import check, compare


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Check a server against the contract of the 小船AI image API."""


main.add_command(check)
main.add_command(compare)

if __name__ == "__main__":
    main(prog_name="python -m conformance")
