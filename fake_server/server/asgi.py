"""A fake without a socket: the application itself.

app = asgi_app(job_seconds=60)
client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://fake.test")
admin = Admin(app)
"""

from __future__ import annotations

from typing import Unpack

from ..settings import Options, settings
from ..web.app import App, application


def asgi_app(**options: Unpack[Options]) -> App:
    """A fake as an ASGI application, set by the keywords of ``Options``.

    One thread at a time may call it. In a forked child of the process that has made it, a call
    raises ``RuntimeError`` where it has ``data``. Raises what :meth:`FakeServer.start` does.
    """
    return application(settings(**options))
