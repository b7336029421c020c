"""Ids: those of jobs, in the order of an account's, and those that follow from the seed."""

from __future__ import annotations

import hashlib

#: Ids of jobs are this far apart from account to account: no account shows in another's ids.
STRIDE = 1_000_000_000


def first_id(account: int) -> int:
    """The id of an account's first job."""
    return (account - 1) * STRIDE + 1


def owns(account: int, job: int) -> bool:
    """Whether a job's id is one of the account's."""
    return first_id(account) <= job < first_id(account + 1)


def sender_id(seed: str, username: str) -> str:
    """The id that an account's records carry: a UUID, the same at every start with the seed."""
    drawn = hashlib.blake2b(f"{seed}\0{username}\0sender".encode(), digest_size=16).hexdigest()
    return as_uuid(drawn)


def login_id(seed: str, username: str) -> str:
    """The account's id that login answers with, of the odd form shown (page, Login)."""
    drawn = hashlib.blake2b(f"{seed}\0{username}\0login".encode(), digest_size=17).hexdigest()
    return "-".join((drawn[:6], drawn[6:12], drawn[12:17], drawn[17:25], drawn[25:33]))


def as_uuid(drawn: str) -> str:
    """32 hex digits as a version 4 UUID."""
    variant = "89ab"[int(drawn[16], 16) & 3]
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:32]}"
