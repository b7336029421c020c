"""A fake whose traffic is kept as a HAR, for tests of what begins with one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.support.fakes import Fake
from tests.support.traffic.har_files import API, Entry, har


class RecordedFake(Fake):
    """Keeps an entry for each request, at the fake's time."""

    def __init__(self, **settings: Any) -> None:
        self.entries: list[Entry] = []
        super().__init__(**settings)

    def send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        response = super().send(method, path, content, headers)
        start = datetime.fromtimestamp(self.wall / 1000, UTC)
        self.entries.append(
            {
                "startedDateTime": start.isoformat(timespec="milliseconds"),
                "time": 1,
                "request": {
                    "method": method,
                    "url": f"{API}{path}",
                    "headers": _pairs(headers or {}),
                    "postData": {"mimeType": "application/json", "text": (content or b"").decode()},
                },
                "response": {
                    "status": response.status_code,
                    "headers": _pairs(response.headers),
                    "content": {"size": len(response.content), "text": response.text},
                },
            }
        )
        self.wall += 1
        return response

    def write(self, path: Path) -> Path:
        path.write_text(json.dumps(har(*self.entries)), encoding="utf-8")
        return path


def _pairs(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]
