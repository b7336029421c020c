"""A client that works today, with whatever the service happens to do: it relies on five readings
of the page that the page does not promise. ``sampan matrix`` finds them.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

Record = dict[str, Any]

#: Only 2000 is on the page (pending-statuses).
STATES = {0: "queued", 1000: "running", 2000: "finished", 4000: "failed"}


class Refused(Exception):
    """The service said no."""


class Client:
    """Logs in when it is made."""

    def __init__(self, url: str, username: str, password: str, pause: float = 2.0) -> None:
        self.url, self.pause, self.token = url, pause, ""
        login = self._post("/auth/login", {"username": username, "password": password})
        self.token = login["token"]

    def login(self) -> None:
        """It has."""

    def draw(self, prompt: str) -> Record:
        self._post("/jobs/create", {"content": prompt})
        return self.wait()

    def upscale(self, parent: Record, cell: int) -> Record:
        self._post("/jobs/upscale", {"parent_hash": parent["hash"], "grid_num": cell})
        return self.wait()

    def vary(self, parent: Record, cell: int) -> Record:
        self._post("/jobs/variation", {"parent_id": parent["job_id"], "grid_num": cell})
        return self.wait()

    def describe(self, link: str) -> list[str]:
        self._post("/jobs/describe", {"content": link})
        prompts = self.wait()["description"].split("\n\n")
        return [prompts[number] for number in range(4)]  # four of them (describe-result)

    def wait(self) -> Record:
        self.progress: list[float] = []
        while True:
            # The newest comes first (find-order).
            record: Record = self._post("/jobs/find", {"limit": 1})["res"][0]
            state = STATES[record["status"]]
            if state == "finished":
                return record
            if state == "failed":
                raise Refused(record["error"])
            if state == "running":
                self.progress.append(record["pct_prog"] / 100)  # a number (progress-type)
            time.sleep(self.pause)

    def download(self, record: Record) -> bytes:
        with urllib.request.urlopen(record["img_buffer"], timeout=10) as answer:
            picture: bytes = answer.read()
            return picture

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                if answer.status != 200:  # (success-http-status)
                    raise Refused(f"HTTP {answer.status}")
                envelope = json.load(answer)
        except urllib.error.HTTPError as problem:
            with problem:
                raise Refused(f"HTTP {problem.code}") from None
        if envelope["errno"] != 0:
            raise Refused(envelope)
        return envelope["data"]
