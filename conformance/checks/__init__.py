"""One module per section of the API page; each function answers for one requirement.

How to write a check::

    @check("UP-1", needs=("upscale", "grid"))          # shared jobs (shared_jobs/catalogue.py)
    def an_upscale_is_one_larger_image(ctx: Context) -> Iterator[Finding]:
        job = ctx.evidence.finished("upscale")         # JobTrace; ends the check if it is not
        picture = ctx.evidence.picture(text(job.last, "img_buffer") or "")
        if picture.problem:
            yield ctx.fail("no picture", picture, expected="a picture")
        yield ctx.ok("…", job, picture)

- Return a Finding or yield several; the worst one counts, and of passes the last, so end with a
  summary. A check without a finding is an error.
- ``ctx.call(operation, body, account="second", token=…, headers=…)`` and ``ctx.find(limit=5)``
  return an ``Answer``. ``raw`` and ``route`` send bytes anywhere; ``try_call`` returns timeouts.
- Everything may have any shape. ``answer.errno ok data hash records total message summary()
  problem status header(name)`` never raise; read records with ``json_access``: ``text(record,
  key)``, ``integer``, ``object_at``, ``array_at``, ``objects_at``, ``millis``, ``instant`` return
  ``None`` for any other shape. ``brief(value)`` formats a value for a message.
- A missing account, budget, job or connection raises ``UnavailableError`` inside the calls; let it
  pass. The runner makes it untestable or inconclusive, and keeps what you yielded before.
- ``ctx.ok(message, *evidence)``, ``ctx.fail(message, *evidence, expected=, actual=)``,
  ``ctx.inconclusive``, ``ctx.untestable``, ``ctx.expect_errno(answer, 301, when="no content")``.
  Evidence is an Answer, a JobTrace, a Picture or an Exchange.
- Before you fail a server: which sentence or example of the page does it break? If there is none
  and the requirement is not ``sane``, it is a question. Name the parts of a pass that could not be
  tried: ``ok(…, not_covered="…")``.
- ``refusals=True``: the check sends requests to submitting operations that they must refuse (needs
  a budget of one job). If only a part does, omit the flag and loop over ``ctx.affordable()``.
- Phases: BEFORE (default without needs), AFTER (default with needs), QUIET (compares listings;
  ``ctx.evidence.history()`` is paged in there), LAST (judges ``ctx.exchanges()``).
- Evidence: ``ctx.evidence.trace(name)`` sent, ``accepted(name)``, ``finished(name)``, ``record``,
  ``traces()`` all sent, ``sent(*names)`` of ``wants=``, ``history(account)``, ``picture(url)``,
  ``sender(account)``, ``mark``.
- Random choices come from ``ctx.random`` (seeded). Import heavy modules inside functions. Code
  that several checks share is in ``checking/`` or, if it is pure, in ``rules/``.

A probe answers one open question and never fails a server::

    @probe("wrong-credentials")
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
