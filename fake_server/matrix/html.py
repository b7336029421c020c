"""The report as one self-contained page: no script, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from .results import Report, Result, Run, Word
from .table import conclusion, count, names, outcome, reason, relied_on, sentence

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --good: #1a7f37; --bad: #c62828;
  --odd: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --good: #4ac26b; --bad: #ff6b6b; --odd: #d4a72c; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem;
  overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: .5rem 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
code, pre { font: 12.5px/1.45 ui-monospace, monospace; }
pre { white-space: pre-wrap; margin: 0; }
.output { background: var(--soft); padding: .6rem; max-height: 24rem; overflow-y: auto;
  margin: .4rem 0; display: flex; flex-direction: column-reverse; }
.sums { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; list-style: none; }
details { border-top: 1px solid var(--line); } summary { cursor: pointer; padding: .45rem 0; }
summary > span { display: inline-grid; width: calc(100% - 1.4rem); vertical-align: top;
  grid-template-columns: 14rem 14rem 8rem 1fr; gap: .2rem .8rem; }
.subject { font-weight: 600; } .inside { padding: 0 0 1rem 1.2rem; }
.note { opacity: .75; font-size: .9rem; }
.fails { color: var(--bad); font-weight: 700; } .tolerates, .good { color: var(--good); }
.flaky, .not-run { color: var(--odd); } .never-touched { opacity: .65; }
@media (max-width: 48rem) {
  summary > span { grid-template-columns: 1fr auto; } .inside { padding-left: .2rem; }
  summary > span > .says { grid-column: 1 / -1; }
}
"""

#: The sections, in their order, and what a person should know of them.
_SECTIONS = (
    (Word.FAILS, "Fails", "COMMAND fails if this is so."),
    (
        Word.FLAKY,
        "Flaky",
        "COMMAND fails at times if this is so, or fails though no request could notice it.",
    ),
    (Word.TOLERATES, "Tolerates", "It makes a difference to a request, and COMMAND passes."),
    (
        Word.UNTOUCHED,
        "Never touched",
        "It makes no difference to any request: nothing is known of these.",
    ),
    (Word.NOT_RUN, "Not run", "COMMAND was not run with these."),
)


def render(report: Report) -> str:
    """The text of the file."""
    return "\n".join(_page(report)) + "\n"


def _page(report: Report) -> Iterator[str]:
    title = f"sampan matrix -- {escape(report.command)}"
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>{title}</h1>"
    good = report.exit_code == 0
    words = escape(report.problem or conclusion(report))
    yield f'<p><strong class="{"good" if good else "fails"}">{words}</strong></p>'
    yield from (f'<p class="flaky">{escape(remark)}</p>' for remark in report.remarks)
    if report.problem is None:
        if relied := relied_on(report):
            yield f"<p>{escape(relied)}</p>"
        yield "<ul class=sums>"
        for word, heading, _ in _SECTIONS:
            if found := report.of(word):
                yield f'<li class="{_style(word)}">{heading}: {len(found)}</li>'
        yield "</ul>"
    yield "<h2>As documented</h2>"
    for run in report.documented:
        how = "passes" if run.passed else "fails"
        yield f"<p>{how}: {escape(run.ending)}, {count(run.requests, 'request')}</p>"
        yield from _run(run)
    yield from _lint(report.lint)
    if report.problem is None:
        for word, heading, note in _SECTIONS:
            yield from _section(report, report.of(word), heading, note)
    yield "</body></html>"


def _section(report: Report, results: Iterable[Result], heading: str, note: str) -> Iterator[str]:
    rows = [line for result in results for line in _row(report, result)]
    if rows:
        yield f'<h2>{heading}</h2><p class="note">{note}</p>'
        yield from rows


def _row(report: Report, result: Result) -> Iterator[str]:
    subject, value = names(result)
    word = result.word
    yield f"<details{' open' if word is Word.FAILS else ''}><summary><span>"
    yield f'<span class="subject">{escape(subject)}</span><span>{escape(value)}</span>'
    yield f'<span class="{_style(word)}">{word.value}</span>'
    yield f'<span class="says">{escape(result.trial.says)}</span></span></summary>'
    yield '<div class="inside">'
    if result.failed is not None:
        yield f"<div>{escape(sentence(result))}</div>"
    yield f"<div>{escape(outcome(result))}</div>"
    yield f'<div class="note">{escape(reason(report, result))}</div>'
    shown = result.failed or (result.runs[-1] if result.runs else None)
    if shown is not None:
        yield from _run(shown)
        yield from _lint(report.lint_of(shown))
    yield f'<div class="note">Run it again: <code>--only {escape(result.trial.name)}</code></div>'
    yield "</div></details>"


def _run(run: Run) -> Iterator[str]:
    if run.lines:
        # Reversed columns begin at their end, where a failure is.
        yield f'<div class="output"><pre>{escape(chr(10).join(run.lines))}</pre></div>'


def _lint(findings: Iterable[dict[str, Any]]) -> Iterator[str]:
    for finding in findings:
        yield f'<div class="flaky">lint: {escape(finding["rule"])}: '
        yield f"{escape(finding['message'])}</div>"


def _style(word: Word) -> str:
    return word.value.replace(" ", "-")
