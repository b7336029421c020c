"""Hypothesis keeps caches in the folder where it runs, which is the user's: here it does not."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def hypothesis_elsewhere() -> Iterator[None]:
    """Inside, Hypothesis writes to a folder that is removed afterwards."""
    from hypothesis import configuration

    before = vars(configuration).get("__hypothesis_home_directory")
    with tempfile.TemporaryDirectory(prefix="sampan-hypothesis-") as folder:
        configuration.set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(before)
