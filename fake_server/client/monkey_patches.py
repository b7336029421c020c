"""Libraries that replace parts of Python: gevent and eventlet.

A fake in this process runs in a thread of its own. Where threads are replaced by green ones, its
event loop would keep the only real thread for itself, and whoever started it would wait for ever.
"""

from __future__ import annotations

import sys


def check_unpatched(what: str, *modules: str) -> None:
    """Raise ``RuntimeError`` where one of Python's ``modules`` is replaced in this process.

    ``what`` is what could not run.
    """
    for library, asks in (
        ("gevent", ("gevent.monkey", "is_module_patched")),
        ("eventlet", ("eventlet.patcher", "is_monkey_patched")),
    ):
        is_patched = getattr(sys.modules.get(asks[0]), asks[1], None)
        for module in modules:
            name = _EVENTLET.get(module, module) if library == "eventlet" else module
            if is_patched is not None and is_patched(name):
                raise RuntimeError(
                    f"{library} has monkey-patched {module!r} in this process, so {what} would"
                    " hang. Run the fake as a process of its own (sampan serve --port 0"
                    " --ready-json) and use Admin(url), or start it before the patch"
                )


#: What eventlet calls a module.
_EVENTLET = {"threading": "thread"}
