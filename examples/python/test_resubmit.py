"""A bug that costs money, caught: a client that submits again when an answer is lost.

On the live service every job is paid for. A submission whose answer was lost may have been taken
all the same; sent again it is paid twice. ``COMMIT_THEN_DROP`` is that very loss, and the lint
says what was wrong.
"""

from __future__ import annotations

from typing import Any

import requests

from sampan import Account


class Client:
    """As one would write it, with retries to be robust."""

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
                continue  # the bug: nobody asked whether the job is there already
        raise RuntimeError("the service does not answer")


class CarefulClient(Client):
    """The same, which looks before it submits again."""

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
