"""An aiohttp client with a hard-coded live address, tested without changes."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from sampan import Account

SERVICE = "http://164.90.147.104:8091"


async def post(http: aiohttp.ClientSession, path: str, **body: Any) -> Any:
    async with http.post(SERVICE + path, json=body) as response:
        answer = await response.json()
    if answer["errno"] != 0:
        raise RuntimeError(answer.get("errmsg") or answer["error"])
    return answer["data"]


async def draw(username: str, password: str, prompt: str) -> bytes:
    async with aiohttp.ClientSession() as http:
        login = await post(http, "/auth/login", username=username, password=password)
        token = {"Authorization": f"Bearer {login['token']}"}
    async with aiohttp.ClientSession(headers=token) as http:
        hash = await post(http, "/jobs/create", content=prompt)
        while True:
            found = await post(http, "/jobs/find", limit=10)
            (record,) = [record for record in found["res"] if record["hash"] == hash]
            if record["status"] == 2000:
                break
            await asyncio.sleep(0)
    async with aiohttp.ClientSession() as plain, plain.get(record["img_buffer"]) as picture:
        return await picture.read()


@pytest.mark.usefixtures("sampan_redirect")
def test_the_hard_coded_address_leads_to_the_fake(sampan_account: Account) -> None:
    sampan_account.admin.auto()
    picture = asyncio.run(draw(sampan_account.username, sampan_account.password, "a lighthouse"))
    assert picture.startswith(b"\x89PNG")
    assert sampan_account.admin.count(operation="createJob") == 1
