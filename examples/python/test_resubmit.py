"""Catches a bug that costs money: a client that submits again when a response is lost.

Every job on the live service costs money. A submission may have been accepted although its response
was lost; sending it again pays twice. The fault ``COMMIT_THEN_DROP`` loses such a response, and the
lint names the client's mistake.
"""

from __future__ import annotations

from typing import Any

import requests

from sampan import Account


class Client:
    """A typical client, with retries for robustness."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url
        self.headers: dict[str, str] = {}
        login = self.post("/auth/login", {"username": username, "password": password})
        self.headers = {"Authorization": f"Bearer {login['token']}"}

    def post(self, path: str, body: dict[str, Any]) -> Any:
        response = requests.post(self.url + path, json=body, headers=self.headers, timeout=5)
        answer = response.json()
        if answer["errno"] != 0:
            raise RuntimeError(answer.get("errmsg") or answer["error"])
        return answer["data"]

    def create(self, prompt: str) -> str:
        for _ in range(3):
            try:
                return str(self.post("/jobs/create", {"content": prompt}))
            except (requests.ConnectionError, requests.Timeout):
                continue  # the bug: it does not check whether the job exists already
        raise RuntimeError("no response from the service")


class CarefulClient(Client):
    """The same client, but it looks for the job before it gives up."""

    def create(self, prompt: str) -> str:
        try:
            return str(self.post("/jobs/create", {"content": prompt}))
        except (requests.ConnectionError, requests.Timeout):
            for record in self.post("/jobs/find", {"prompt": prompt, "limit": 10})["res"]:
                if record["msg_display"] == prompt:
                    return str(record["hash"])
            raise


def lose_an_answer(account: Account) -> None:
    account.admin.fault("COMMIT_THEN_DROP", operation="createJob", times=1)


def test_the_bug_is_caught(sampan_account: Account) -> None:
    client = Client(sampan_account.url, sampan_account.username, sampan_account.password)
    lose_an_answer(sampan_account)

    client.create("a lighthouse in fog")

    assert len(sampan_account.admin.jobs()) == 2  # paid twice
    rules = [finding["rule"] for finding in sampan_account.admin.lint()]
    assert "resubmits-after-timeout" in rules


def test_the_careful_client_pays_once(sampan_account: Account) -> None:
    client = CarefulClient(sampan_account.url, sampan_account.username, sampan_account.password)
    lose_an_answer(sampan_account)

    hash = client.create("a lighthouse in fog")

    assert [job["hash"] for job in sampan_account.admin.jobs()] == [hash]
    rules = [finding["rule"] for finding in sampan_account.admin.lint()]
    assert "resubmits-after-timeout" not in rules
