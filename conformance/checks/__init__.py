"""One module per section of the API page; each function answers for one requirement.

How to write a check::

    @check("UP-1", needs=("upscale", "grid"))          # jobs of waves.PLANS that it looks at
    def an_upscale_is_one_larger_image(ctx: Context) -> Iterator[Finding]:
        job = ctx.evidence.finished("upscale")         # JobTrace; ends the check if it is not
        picture = ctx.evidence.picture(text(job.last, "img_buffer") or "")
        if picture.problem:
            yield ctx.fail("no picture", job, picture, expected="a picture", actual=picture.problem)
        yield ctx.ok("…", job, picture)

- Return a Finding or yield several; the worst one counts, and of passes the last, so end with a
  summary. A check that yields none is an error.
- ``ctx.call(operation, body, account="second", token=…, headers=…)``, ``ctx.find(limit=5)``: an
  ``Answer``. ``raw`` and ``route`` send bytes anywhere; ``try_call`` lets you judge a timeout.
- Everything may have any shape. ``answer.errno ok data hash records total message says() problem
  status header(name)`` never raise; of a record read ``text(record, key)``, ``integer``,
  ``object_at``, ``array_at``, ``objects_at``, ``millis``, ``instant`` of ``shapes``: ``None`` if
  it is not so. ``brief(value)`` shows a value in a message.
- What is missing (account, budget, job, network) raises ``UnavailableError`` inside the calls; let
  it pass: the runner makes untestable or inconclusive of it, and keeps what you yielded before.
- ``ctx.ok(message, *evidence)``, ``ctx.fail(message, *evidence, expected=, actual=)``,
  ``ctx.inconclusive``, ``ctx.untestable``, ``ctx.expect_errno(answer, 301, when="no content")``.
  Evidence is an Answer, a JobTrace, a Picture, an Exchange or a Shown.
- Before you fail a server: which sentence or example of the page is broken? If none is, and it is
  not ``sane``, it is a question. What could not be tried of a pass: ``ok(…, not_covered="…")``.
- ``refusals=True``: the check sends to submitting operations what ought to be refused (needs a
  budget of one job). If only a part of it does, leave the flag and loop over ``ctx.affordable()``.
- Phases: BEFORE (default without needs), AFTER (default with needs), QUIET (compares listings;
  ``ctx.evidence.history()`` is paged in there), LAST (judges ``ctx.exchanges()``;
  exhaustive checks send what they generate in it, after the others have judged).
- Evidence: ``ctx.evidence.trace(name)`` sent, ``accepted(name)``, ``finished(name)``, ``record``,
  ``traces()`` all sent, ``optional(name)`` of ``wants=``, ``history(account)``,
  ``picture(url)``, ``sender(account)``, ``mark``.
- Random choices come from ``ctx.random`` (seeded). Import heavy modules inside functions.

An observer answers one open question and never fails a server::

    @observes("wrong-credentials")
    def which_errno(ctx: Context) -> Observation:
        return ctx.answer(answer.errno, answer)        # or ctx.unknown(…), ctx.unobserved(reason)
"""

from __future__ import annotations

import importlib
import pkgutil


def load() -> None:
    """Import every module of this package, so that its checks are registered."""
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        importlib.import_module(module.name)
