"""What the checks of find have in common: how they ask, and what they hold an answer against.

The account may be in use: a listing grows between two finds. So an answer is held against what
was known before, and what is missing is looked up again before a server is failed for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..findings import Finding
from ..http.exchange import Answer
from ..json_access import Record, brief, millis, text
from ..rules.find_rules import (
    CURSOR,
    NOTHING,
    Holds,
    hashes,
    missing_records,
    prompts,
    unexpected_records,
)
from ..verdict import UnavailableError, Verdict
from .context import Context

#: As many as most servers return at once.
ENOUGH = 100
#: The jobs that make a listing worth filtering, where the budget allows them.
JOBS = ("grid", "niji", "upscale")


def ask(ctx: Context, **filters: object) -> Answer:
    """Find with as high a limit as the server takes."""
    return ask_as(ctx, "first", filters)


def ask_as(ctx: Context, account: str, filters: dict[str, object]) -> Answer:
    """The same as another account."""
    answer = ctx.call("findJobs", {"limit": ENOUGH} | filters, account=account)
    # A limit above the server's own may be refused (question find-max-limit).
    return ctx.call("findJobs", filters, account=account) if answer.errno == 301 else answer


def known(ctx: Context) -> list[Record]:
    """The records of the unfiltered listing; ends the check if it is empty."""
    look = ctx.evidence.history()
    if not look.records:
        why = look.why_not or "the account has no records"
        raise UnavailableError(Verdict.UNTESTABLE, f"needs records: {why}", *look.answers)
    return list(look.records)


def timed(records: Sequence[Record]) -> list[tuple[int, Record]]:
    """The records with a readable timestamp (ms), newest first."""
    found = [(time, record) for record in records if (time := millis(record)) is not None]
    return sorted(found, key=lambda pair: pair[0], reverse=True)


def unit(ctx: Context, records: Sequence[Record]) -> int:
    """How many milliseconds one of the cursor is (question find-timestamp-unit): 1 or 1000.

    A cursor in seconds, just above the newest record, is in the year 1970 if it is taken for
    milliseconds: there are no records before it.
    """
    newest = timed(records)[0][0]
    return 1000 if ask(ctx, **{CURSOR: newest // 1000 + 1}).records else 1


def unlikely(ctx: Context) -> str:
    """A text that has no word in common with anything."""
    return "".join(ctx.random.choice("qxzvkjw") for _ in range(16))


def no_folder(ctx: Context) -> str:
    """The id of a nonexistent folder, in the first form that is not refused.

    The page only shows a text: a server may reject an id by its form.
    """
    digits = f"{ctx.random.getrandbits(128):032x}"
    groups = (digits[:8], digits[8:12], f"4{digits[13:16]}", f"a{digits[17:20]}", digits[20:])
    forms = ("-".join(groups), digits[:24], str(ctx.random.randrange(10**8, 10**9)))
    return next((one for one in forms if ctx.find(folders=[one]).errno != 301), forms[0])


def submitted(ctx: Context) -> dict[str, str]:
    """The prompts of this run by the hash of their job: what a record shows may be more or less."""
    jobs = [job for job in ctx.evidence.traces() if job.operation in ("createJob", "varyJob")]
    return {
        one.hash: prompt
        for one in jobs
        if one.hash is not None and one.last is not None and (prompt := text(one.body, "content"))
    }


def wordings(ctx: Context, record: Record) -> list[str]:
    """The texts that may be a record's whole prompt: as submitted, as returned, without flags."""
    own = submitted(ctx).get(text(record, "hash") or "")
    texts = [*([own] if own else []), *prompts(record)]
    bare = (phrase.split(" --")[0] for phrase in texts)
    return list(dict.fromkeys([*texts, *(one for one in bare if one.strip())]))


def judged(
    ctx: Context, filters: dict[str, object], holds: Holds, records: Sequence[Record], what: str
) -> Finding:
    """Ask, and hold the answer against the known records: none that the filters rule out, and
    all that they ask for."""
    answer = ask(ctx, **filters)
    if answer.errno == 501:
        answer = ask(ctx, **filters)
    if not answer.ok and answer.errno not in NOTHING:
        return ctx.fail(f"{what}: refused", answer, expected="records and errno 0")
    wrong = unexpected_records(answer, holds)
    if wrong:
        return ctx.fail(
            f"{what}: {len(wrong)} of {len(answer.records)} records do not satisfy it",
            answer,
            expected=f"only records that satisfy {shown(filters)}",
            actual=glimpse(wrong[0], filters),
        )
    missing = missing_records(answer, records, holds)
    if missing:
        return confirmed(ctx, filters, holds, missing, what)
    return ctx.ok(f"{what}: {len(answer.records)} records, none wrong, none missing", answer)


def confirmed(
    ctx: Context, filters: dict[str, object], holds: Holds, missing: list[Record], what: str
) -> Finding:
    """A failure, if the missing records are still there and still missing."""
    there, where = look_up(ctx, missing[0])
    again = ask(ctx, **filters)
    if there is None or not holds(there):
        return ctx.inconclusive(f"{what}: the listing changed meanwhile", *where)
    if not missing_records(again, [there], holds):
        return ctx.inconclusive(f"{what}: found only by the second request", again)
    return ctx.fail(
        f"{what}: {len(missing)} records that satisfy it are missing",
        *where,
        again,
        expected=f"{glimpse(there, filters)} among them",
        actual=f"{len(again.records)} other records" if again.ok else again.summary(),
    )


def look_up(ctx: Context, record: Record) -> tuple[Record | None, list[Answer]]:
    """The record as the unfiltered listing shows it now, and where it was looked for."""
    wanted, time = text(record, "hash"), millis(record)
    tries: list[dict[str, object]] = [{}]
    if time is not None:
        tries += [{CURSOR: time + 1}, {CURSOR: time // 1000 + 1}]
    answers = []
    for one in tries:
        answers.append(ask(ctx, **one))
        if wanted in hashes(answers[-1].records):
            found = next(r for r in answers[-1].records if r.get("hash") == wanted)
            return found, answers[-1:]
    return None, answers


def shown(filters: dict[str, object]) -> str:
    """Filters as a reader wants them: ``service ['niji'] and limit 1``."""
    return " and ".join(
        f"{key} {value if isinstance(value, list) else brief(value, 60)}"
        for key, value in filters.items()
    )


def glimpse(record: Record, filters: dict[str, object]) -> str:
    """The keys of a record that the filters are about."""
    keys = {CURSOR: "timestamp", "favourite": "is_favourite", "prompt": "msg_display"}
    wanted = dict.fromkeys(["hash", *(keys.get(one, one) for one in filters if one != "limit")])
    return ", ".join(f"{key} {brief(record.get(key), 70)}" for key in wanted)
