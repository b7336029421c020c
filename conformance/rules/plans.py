"""What a login tells of the account's plan (page, Login). Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from ..json_access import Record, instant, text


def plan_in(data: Record | None) -> str:
    """What of a login's ``data`` tells of a plan, as ``key value``; empty if nothing does. The
    page's account, which may submit, is “unlimited”."""
    status = text(data, "account_status")
    if status is not None and status.casefold() == "unlimited":
        return f"account_status {status}"
    ends = instant(data, "plan_end")
    return f"plan_end {ends:%Y-%m-%d}" if ends is not None and ends > datetime.now(UTC) else ""
