"""The control API's handle: what a test does to a fake, one line each (``openapi/admin.yaml``).

    server.admin.freeze()
    account.admin.fault("COMMIT_THEN_DROP", operation="createJob", times=1)

An answer is the JSON object that ``admin.yaml`` describes, where no other shape is given.
Durations are seconds, a ``timedelta``, or text such as ``"30s"``; times are a ``datetime`` with a
zone, ISO 8601, or milliseconds since 1970 UTC.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Literal, Self, TypedDict, Unpack
from urllib.parse import quote

from .account import Account
from .arguments import Duration, check_keywords, moment, span
from .control_call import Document
from .errors import is_for_the_caller
from .faults import FaultControl
from .jobs import JobControl
from .requests import RequestControl

__tracebackhide__ = is_for_the_caller

#: With ``none`` submissions are refused with 411 (page, table of errors).
Plan = Literal["unlimited", "none"]


class Changes(TypedDict, total=False):
    """What can be changed about an account. A ``name`` of ``None`` takes it away."""

    password: str
    plan: Plan
    name: str | None


class Admin(JobControl, FaultControl, RequestControl):
    """The control of a fake, or with ``account`` of one account of it. Threads may share it."""

    def close(self) -> None:
        """Let go of connections."""
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Accounts

    def account(
        self,
        username: str,
        *,
        password: str | None = None,
        plan: Plan = "unlimited",
        name: str | None = None,
    ) -> Account:
        """A new account, as a handle whose ``admin`` is scoped to it. A taken name is refused."""
        password = secrets.token_hex(8) if password is None else password
        body = {"username": username, "password": password, "plan": plan, "name": name}
        self.call("POST", "/accounts", body)
        return self.handle(username, password)

    def handle(self, username: str, password: str) -> Account:
        """The handle of an existing account."""
        return Account(self.transport, username, password, admin=self.of(username))

    def of(self, username: str) -> Admin:
        """The control of one account."""
        return Admin(self.transport, token=self.token, account=username)

    def accounts(self) -> list[Document]:
        """Every account there is, oldest first."""
        found: list[Document] = self.call("GET", "/accounts")["accounts"]
        return found

    def read_account(self, username: str) -> Document:
        """What the fake knows of an account."""
        return self.call("GET", f"/accounts/{quote(username, safe='')}")

    def change_account(self, username: str, **changes: Unpack[Changes]) -> Document:
        """Give an account another password, plan or display name."""
        check_keywords("change_account", changes, Changes)
        return self.call("PATCH", f"/accounts/{quote(username, safe='')}", dict(changes))

    def delete_account(self, username: str) -> None:
        """Remove an account with all that is its own. Its tokens get 430 from then on."""
        self.call("DELETE", f"/accounts/{quote(username, safe='')}")

    def issue_token(self, username: str) -> str:
        """A token of an account, without its password. Earlier tokens stay valid."""
        token: str = self.call("POST", f"/accounts/{quote(username, safe='')}/token")["token"]
        return token

    # The fake as a whole

    def health(self) -> Document:
        """``{"status": "ok"}`` as soon as the fake listens."""
        return self.call("GET", "/health")

    def ready(self) -> Document:
        """``{"status": "ready"}`` when the fake can be used."""
        return self.call("GET", "/ready")

    def version(self) -> Document:
        """The versions of sampan and of the contract, and the seed."""
        return self.call("GET", "/version")

    def document(self) -> Document:
        """The OpenAPI document of the control API."""
        return self.call("GET", "/openapi.json")

    def reset(self) -> Document:
        """Forget jobs, clock, faults, scenarios, profile and journal. Tokens stay valid."""
        return self.scoped("POST", "/reset")

    def export_state(self) -> Document:
        """Everything as one document, the journal excepted. It holds the key of the tokens."""
        return self.scoped("GET", "/state")

    def import_state(self, state: Document) -> Document:
        """Put an exported document back, whole or not at all."""
        return self.call("PUT", "/state", state)

    # Open questions

    def profile(self) -> Document:
        """Every open question and its answer."""
        return self.scoped("GET", "/profile")

    def questions(self) -> list[Document]:
        """Every open question with its variants and what they mean."""
        found: list[Document] = self.call("GET", "/questions")["questions"]
        return found

    def use_profile(self, profile: str = "documented", **answers: str) -> Document:
        """Answer as a shipped profile does, but for what is given.

        A question is named with underscores: ``use_profile("mixed", find_order="newest-first")``.
        """
        given = {"profile": profile, "answers": _questions(answers)}
        return self.scoped("PUT", "/profile", given)

    def answer(self, **answers: str) -> Document:
        """Answer some questions otherwise: ``answer(error_http_status="by-errno")``."""
        return self.scoped("PATCH", "/profile", {"answers": _questions(answers)})

    # The clock

    def clock(self) -> Document:
        """What time it is: ``now``, ``now_ms``, ``frozen``, ``auto``, ``own``."""
        return self.scoped("GET", "/clock")

    def clocks(self) -> list[Document]:
        """The shared clock, then the clock that each account follows."""
        found: list[Document] = self.call("GET", "/clocks")["clocks"]
        return found

    def freeze(self) -> Document:
        """Stop time, until it is advanced, set or resumed."""
        return self.scoped("POST", "/clock/freeze")

    def advance(self, by: Duration) -> list[Document]:
        """Move time ahead at once, as by ``advance(30)`` or ``advance("30s")``.

        Returns the jobs' transitions on the way, in order of time.
        """
        given = {"by": span(by, "advance()")}
        moved: list[Document] = self.scoped("POST", "/clock/advance", given)["transitions"]
        return moved

    def set_time(self, to: datetime | str | int) -> Document:
        """Say what time it is: a ``datetime`` with a zone, ISO 8601, or ms since 1970 UTC."""
        return self.scoped("POST", "/clock/set", {"to": moment(to)})

    def resume(self) -> Document:
        """Let time run from where it stands."""
        return self.scoped("POST", "/clock/resume")

    def auto(self) -> Document:
        """Let each poll move time part of the way to the next transition."""
        return self.scoped("POST", "/clock/auto")

    def drop_clock(self) -> Document:
        """Follow the shared clock again; without an account, the machine's."""
        return self.scoped("DELETE", "/clock")


def _questions(answers: dict[str, str]) -> dict[str, Any]:
    return {question.replace("_", "-"): answer for question, answer in answers.items()}
