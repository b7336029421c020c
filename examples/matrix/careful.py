"""A client that relies on nothing that the page leaves open, and expects what goes wrong.

It goes by what the page says: the errno, the hash of a job, and status 2000.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from typing import Any

Record = dict[str, Any]

#: Tries of a request that may be sent again.
TRIES = 3
#: What is raised where no answer comes, or one that is no JSON: a gateway's page, or half of one.
LOST = (OSError, http.client.HTTPException, ValueError)


class Refused(Exception):
    """The service said no, by an errno other than 0."""

    def __init__(self, errno: int, message: str) -> None:
        super().__init__(f"errno {errno}: {message}")
        self.errno = errno


class JobFailed(Exception):
    """A job has ended without a result."""


class Client:
    """Logs in when it has to."""

    def __init__(self, url: str, username: str, password: str, pause: float = 2.0) -> None:
        self.url, self.pause = url, pause
        self._credentials = {"username": username, "password": password}
        self._token: str | None = None

    def login(self) -> None:
        self._token = self._try_again("/auth/login", self._credentials)["token"]

    def draw(self, prompt: str) -> Record:
        """The record of a finished picture. A job that fails is tried once more."""
        try:
            return self.wait(self._submit("/jobs/create", {"content": prompt}))
        except JobFailed:
            return self.wait(self._submit("/jobs/create", {"content": prompt}))

    def upscale(self, parent: Record, cell: int) -> Record:
        body = {"parent_hash": parent["hash"], "grid_num": cell}
        return self.wait(self._submit("/jobs/upscale", body))

    def vary(self, parent: Record, cell: int) -> Record:
        body = {"parent_id": parent["job_id"], "grid_num": cell}
        return self.wait(self._submit("/jobs/variation", body))

    def describe(self, link: str) -> list[str]:
        """The prompts of a picture. Which key has them, and how many, is open."""
        record = self.wait(self._submit("/jobs/describe", {"content": link}))
        text = record["description"] or record["msg_content"]
        return [line for line in text.splitlines() if line.strip()]

    def wait(self, hash: str) -> Record:
        """The record of a job, found by its hash; only 2000 has a meaning on the page."""
        self.progress: list[float] = []
        while True:
            record = next((each for each in self._records() if each["hash"] == hash), None)
            if record is not None and record["status"] == 2000:
                return record
            if record is not None and record["error"]:
                raise JobFailed(record["error"])
            if record is not None and record["pct_prog"] is not None:
                self.progress.append(int(str(record["pct_prog"]).rstrip("%")) / 100)
            time.sleep(self.pause)

    def download(self, record: Record) -> bytes:
        """The picture, without the token; it may be there a moment later than its record."""
        for _ in range(TRIES):
            status, _, body = self._send("GET", record["img_buffer"])
            if status == 200:
                return body
            time.sleep(max(self.pause, 0.5))
        raise JobFailed(f"no picture at {record['img_buffer']}")

    def _records(self) -> list[Record]:
        found: list[Record] = self._with_token("/jobs/find", {"limit": 50})["res"]
        return found

    def _submit(self, path: str, body: dict[str, Any]) -> str:
        """A new job's hash. Where the answer is lost, the job is looked for before it is sent
        again: a second one would be paid for."""
        known = {record["hash"] for record in self._records()}
        for _ in range(TRIES):
            try:
                hash: str = self._with_token(path, body, again=False)
                return hash
            except (*LOST, Refused) as problem:
                if isinstance(problem, Refused) and problem.errno != 501:
                    raise
            for record in self._records():
                if record["hash"] not in known:
                    return str(record["hash"])
        raise JobFailed(f"{path} was not accepted")

    def _with_token(self, path: str, body: dict[str, Any], *, again: bool = True) -> Any:
        """With a token; with a new one where it has expired, since nothing has been done then."""
        if self._token is None:
            self.login()
        post = self._try_again if again else self._post
        try:
            return post(path, body)
        except Refused as problem:
            if problem.errno != 430:
                raise
        self.login()
        return post(path, body)

    def _try_again(self, path: str, body: dict[str, Any]) -> Any:
        """A request that does nothing may be sent again."""
        for _ in range(TRIES - 1):
            try:
                return self._post(path, body)
            except LOST:
                continue
            except Refused as problem:
                if problem.errno != 501:
                    raise
        return self._post(path, body)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        """The data of an answer. The errno decides, whatever the HTTP status."""
        headers = {"Content-Type": "application/json"}
        if self._token is not None and path != "/auth/login":
            headers["Authorization"] = f"Bearer {self._token}"
        for _ in range(TRIES):
            status, answered, text = self._send(
                "POST", self.url + path, json.dumps(body).encode(), headers
            )
            if status != 429:
                break
            time.sleep(float(answered.get("Retry-After", self.pause)))
        answer = json.loads(text)
        if answer["errno"] != 0:
            raise Refused(answer["errno"], answer.get("errmsg") or answer.get("error") or "")
        return answer["data"]

    def _send(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body, whatever the status is."""
        request = urllib.request.Request(url, body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers, answer.read()
