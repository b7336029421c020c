"""An account's client, as tests of traffic use it: it logs in, submits, polls and gets pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.traffic.observed import JSON, Observed

LOGIN, FIND = "/auth/login", "/jobs/find"
CREATE, VARY, UPSCALE = "/jobs/create", "/jobs/variation", "/jobs/upscale"
BLEND, DESCRIBE = "/jobs/blend", "/jobs/describe"
SUBMISSIONS = (CREATE, VARY, UPSCALE, BLEND, DESCRIBE)
FINISHED = 2000
#: Seconds between two polls, and how many there are at most: a job takes 20 s.
_PAUSE, _POLLS = 1.5, 30
LINKS = ("img_buffer", "img_thumb", "original_url")


@dataclass
class Client:
    """An account's client. ``records``: the newest of each job that it has found, by hash."""

    wire: Observed
    username: str
    token: str = ""
    id: str = ""
    records: dict[str, JSON] = field(default_factory=dict)

    def login(self, **more: object) -> JSON:
        body = {"username": self.username, "password": f"{self.username}-secret", **more}
        data = self.wire.post(LOGIN, body).get("data")
        if isinstance(data, dict):
            self.token, self.id = str(data.get("token")), str(data.get("id"))
        return data if isinstance(data, dict) else {}

    def post(self, path: str, body: Mapping[str, object]) -> JSON:
        return self.wire.post(path, body, self.token)

    def submit(self, path: str, **body: object) -> str:
        """The hash of a submission; empty if it was refused."""
        answer = self.post(path, body)
        data = answer.get("data")
        return data if answer.get("errno") == 0 and isinstance(data, str) else ""

    def find(self, **filters: object) -> list[JSON]:
        data = self.post(FIND, filters).get("data")
        records = data.get("res") if isinstance(data, dict) else None
        found = [one for one in records or [] if isinstance(one, dict)]
        self.records |= {str(one.get("hash")): one for one in found}
        return found

    def await_(self, *hashes: str) -> None:
        """Poll until these jobs have ended, or for as long as a client waits."""
        wanted = {one for one in hashes if one}
        for _ in range(_POLLS):
            self.find(limit=100)
            if all(_ended(self.records.get(one)) for one in wanted):
                return
            self.wire.wait(_PAUSE)

    def picture(self, hash: str, *keys: str) -> None:
        """Get the pictures of a job, once more if they are not there yet."""
        for key in keys or LINKS:
            link = self.records.get(hash, {}).get(key)
            if not isinstance(link, str) or not link.startswith("http://"):
                continue
            for _ in range(3):
                if self.wire.send("GET", link).status == 200:
                    break
                self.wire.wait(6)


def _ended(record: JSON | None) -> bool:
    if record is None:
        return False
    error = record.get("error")
    return record.get("status") == FINISHED or (bool(error) and error != "altered prompt")
