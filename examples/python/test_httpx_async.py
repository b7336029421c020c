"""An asynchronous httpx client, tested without a socket: the fake is called as an ASGI app."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from sampan import Admin, asgi_app


class Client:
    """Draws several pictures at once."""

    def __init__(self, http: httpx.AsyncClient, interval: float = 2.0) -> None:
        self.http = http
        self.interval = interval

    async def login(self, username: str, password: str) -> None:
        login = await self.post("/auth/login", username=username, password=password)
        self.http.headers["Authorization"] = f"Bearer {login['token']}"

    async def post(self, path: str, **body: Any) -> Any:
        answer = (await self.http.post(path, json=body)).json()
        if answer["errno"] != 0:
            raise RuntimeError(answer.get("errmsg") or answer["error"])
        return answer["data"]

    async def draw(self, prompt: str) -> str:
        hash = await self.post("/jobs/create", content=prompt)
        while True:
            for record in (await self.post("/jobs/find", limit=100))["res"]:
                if record["hash"] == hash and record["status"] == 2000:
                    return str(record["img_buffer"])
            await asyncio.sleep(self.interval)


async def draw_three() -> set[str]:
    app = asgi_app(job_seconds=60)
    admin = Admin(app)
    account = admin.account("painter")
    account.admin.auto()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://fake.test") as http:
        client = Client(http, interval=0)
        await client.login(account.username, account.password)
        links = await asyncio.gather(*(client.draw(prompt) for prompt in ("a cat", "fog", "rain")))
    assert account.admin.count(operation="createJob") == 3
    app.service.close()
    return set(links)


def test_three_pictures_are_drawn_at_once() -> None:
    assert len(asyncio.run(draw_three())) == 3
