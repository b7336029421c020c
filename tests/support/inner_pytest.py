"""pytest runs within a test of this suite: in this process, or in one of their own."""

from __future__ import annotations

import pytest

#: Other plugins of this environment; they take seconds, warn, and are not what is tested.
_OTHERS = (
    *("asyncio", "schemathesis", "hypothesispytest", "anyio", "respx", "time_machine", "socket"),
    "cacheprovider",
)


def in_process(
    pytester: pytest.Pytester, *arguments: str, without: str = "sampan-conformance"
) -> pytest.RunResult:
    """Here, which is ten times as cheap; warnings are errors.

    ``without``: the plugin of this project that is not tested.
    """
    return pytester.runpytest_inprocess(*_options(without), *arguments)


def alone(
    pytester: pytest.Pytester, *arguments: str, without: str = "sampan-conformance"
) -> pytest.RunResult:
    """In a process of its own, which has imported nothing; warnings are errors."""
    return pytester.runpytest_subprocess(*_options(without), *arguments)


def _options(without: str) -> list[str]:
    left_out = [each for name in (*_OTHERS, without) for each in ("-p", f"no:{name}")]
    return [*left_out, "-W", "error"]
