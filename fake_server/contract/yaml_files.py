"""The YAML documents of ``openapi/``, and profiles in files.

Parsing the contract takes a tenth of the time to the first answer. So a shipped document is kept
as JSON in ``__pycache__``, the way Python keeps its bytecode: for one time and size of the source,
and only where bytecode may be written.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

#: ``openapi/`` is beside ``fake_server/``, in a checkout and in an installed wheel.
DIRECTORY = Path(__file__).resolve().parents[2] / "openapi"


class SpecError(ValueError):
    """A contract that can't be read, or asks for what the fake does not implement."""


def read(name: str) -> Any:
    """A document of ``openapi/`` as JSON values. Raises :class:`SpecError`."""
    source = DIRECTORY / name
    kept = Path(importlib.util.cache_from_source(str(source), optimization="")).with_suffix(".json")
    try:
        stamp = [source.stat().st_mtime_ns, source.stat().st_size]
    except OSError as problem:
        raise SpecError(f"{source}: {problem.strerror}") from problem
    with suppress(OSError, orjson.JSONDecodeError):  # there is none yet, or half of one
        found = orjson.loads(kept.read_bytes())
        if found["source"] == stamp:
            return found["document"]
    document = as_json(read_file(source))
    if not sys.dont_write_bytecode:
        _keep(kept, orjson.dumps({"source": stamp, "document": document}))
    return document


def read_file(path: Path) -> Any:
    """A YAML file, parsed by libyaml where it is at hand. Raises :class:`SpecError`."""
    import yaml  # not at import: most starts read no YAML

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        with path.open("rb") as file:
            return yaml.load(file, Loader=loader)
    except OSError as problem:
        raise SpecError(f"{path}: {problem.strerror}") from problem
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise SpecError(f"{path} is not YAML: {' '.join(str(problem).split())}") from problem


def as_json(source: Any) -> Any:
    """What YAML read, with JSON's keys and types."""
    return orjson.loads(orjson.dumps(source, option=orjson.OPT_NON_STR_KEYS))


def _keep(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; an installation may be read-only."""
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        half = path.with_suffix(f".{os.getpid()}")
        half.write_bytes(content)
        half.replace(path)
