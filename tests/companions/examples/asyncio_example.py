"""pytest-asyncio: the client under test is asynchronous, the fake is asked from the same test."""

import httpx
import pytest
import pytest_asyncio

from sampan import Admin, asgi_app


@pytest_asyncio.fixture
async def http(sampan_account):
    async with httpx.AsyncClient(base_url=sampan_account.url) as client:
        client.headers["authorization"] = f"Bearer {sampan_account.token}"
        yield client


@pytest.mark.asyncio
async def test_over_a_socket(sampan_account, http):
    hash = (await http.post("/jobs/create", json={"content": "a cat"})).json()["data"]
    sampan_account.admin.run_to_end(hash)
    found = (await http.post("/jobs/find", json={})).json()["data"]["res"]
    assert [record["status"] for record in found] == [2000]


@pytest.mark.asyncio
async def test_without_a_socket():
    app = asgi_app(job_seconds=60)
    account = Admin(app).account("t")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://fake.test") as client:
        client.headers["authorization"] = f"Bearer {account.token}"
        await client.post("/jobs/create", json={"content": "a cat"})
        account.admin.advance("1m")
        found = (await client.post("/jobs/find", json={})).json()["data"]["res"]
    assert [record["status"] for record in found] == [2000]
