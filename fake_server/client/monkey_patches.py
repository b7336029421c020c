"""Libraries that replace parts of Python: gevent and eventlet.

A fake in this process runs in a thread of its own. Where threads are replaced by green ones, its
event loop would keep the only real thread for itself, and whoever started it would wait for ever.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

#: Where each says what it has replaced.
_ASKED = {
    "gevent": ("gevent.monkey", "is_module_patched"),
    "eventlet": ("eventlet.patcher", "is_monkey_patched"),
}


def check_unpatched(what: str, *modules: str, by: Iterable[str] = tuple(_ASKED)) -> None:
    """Raise ``RuntimeError`` where one of Python's ``modules`` is replaced in this process.

    ``what`` is what could not run; ``by`` the libraries that are asked.
    """
    for library in by:
        place, question = _ASKED[library]
        is_patched = getattr(sys.modules.get(place), question, None)
        for module in modules:
            name = _EVENTLET.get(module, module) if library == "eventlet" else module
            if is_patched is not None and is_patched(name):
                raise RuntimeError(
                    f"{library} has monkey-patched {module!r} in this process, so {what} would"
                    " hang. Run the fake as a process of its own (sampan serve --port 0"
                    " --ready-json) and use Admin(url), or start a FakeServer before the patch"
                )


#: What eventlet calls a module.
_EVENTLET = {"threading": "thread"}
