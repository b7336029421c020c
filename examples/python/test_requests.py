"""A requests client, tested against the fake without waiting."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from sampan import Account


class Client:
    """Draws a picture and returns it."""

    def __init__(self, url: str, username: str, password: str, interval: float = 2.0) -> None:
        self.url = url
        self.interval = interval
        self.session = requests.Session()
        login = self.post("/auth/login", {"username": username, "password": password})
        self.token = login["token"]

    def post(self, path: str, body: dict[str, Any], token: str | None = None) -> Any:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = self.session.post(self.url + path, json=body, headers=headers, timeout=10).json()
        if answer["errno"] != 0:
            raise RuntimeError(answer.get("errmsg") or answer["error"])
        return answer["data"]

    def draw(self, prompt: str) -> bytes:
        hash = self.post("/jobs/create", {"content": prompt}, self.token)
        while True:
            for record in self.post("/jobs/find", {"limit": 10}, self.token)["res"]:
                if record["hash"] == hash and record["status"] == 2000:
                    # Without the token: the live service's pictures are on another host.
                    return self.session.get(record["img_buffer"], timeout=10).content
                if record["hash"] == hash and record["error"]:
                    raise RuntimeError(record["error"])
            time.sleep(self.interval)


@pytest.fixture
def client(sampan_account: Account) -> Client:
    # From now on each poll moves this account's time forward: jobs take no real time.
    sampan_account.admin.auto()
    url, name, password = sampan_account.url, sampan_account.username, sampan_account.password
    return Client(url, name, password, interval=0)


def test_a_picture_is_drawn(client: Client) -> None:
    assert client.draw("a lighthouse in fog").startswith(b"\x89PNG")


def test_a_failed_job_is_reported(client: Client) -> None:
    with pytest.raises(RuntimeError, match="banned prompt"):
        client.draw("a lighthouse --fake banned")


def test_a_server_error_is_reported(client: Client, sampan_account: Account) -> None:
    sampan_account.admin.fault("ERRNO", errno=501, operation="createJob", times=1)
    with pytest.raises(RuntimeError, match="SERVICE_ERROR"):
        client.draw("a lighthouse")
