"""An httpx client, tested with a frozen clock."""

from __future__ import annotations

from typing import Any

import httpx

from sampan import Account


class Client:
    """Submits jobs and reports their progress."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def login(self, username: str, password: str) -> None:
        login = self.post("/auth/login", username=username, password=password)
        self.http.headers["Authorization"] = f"Bearer {login['token']}"

    def post(self, path: str, **body: Any) -> Any:
        answer = self.http.post(path, json=body).json()
        if answer["errno"] != 0:
            raise RuntimeError(answer.get("errmsg") or answer["error"])
        return answer["data"]

    def progress(self, hash: str) -> str:
        (record,) = [r for r in self.post("/jobs/find")["res"] if r["hash"] == hash]
        if record["status"] == 2000:
            return "done"
        return "waiting" if record["pct_prog"] is None else f"{record['pct_prog']} %"


def test_progress_is_reported(sampan_account: Account) -> None:
    sampan_account.admin.freeze()
    with httpx.Client(base_url=sampan_account.url) as http:
        client = Client(http)
        client.login(sampan_account.username, sampan_account.password)
        hash = client.post("/jobs/create", content="a lighthouse in fog --fake slow=10")
        assert client.progress(hash) == "waiting"

        sampan_account.admin.advance("10s")  # of the 20 that a slow job takes
        assert client.progress(hash) == "31 %"

        (end,) = sampan_account.admin.advance("1m")[-1:]
        assert (end["state"], client.progress(hash)) == ("finished", "done")
