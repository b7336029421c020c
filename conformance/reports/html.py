"""The report as one self-contained page: no script, nothing loaded from anywhere."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape

from ..contract import Contract
from ..findings import EvidenceItem, Exhibit, Finding, Observation, Seen
from ..http.exchange import Exchange
from ..report import Report, title
from ..verdict import Verdict
from .curl import curl

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --pass: #1a7f37; --fail: #c62828;
  --odd: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --pass: #4ac26b; --fail: #ff6b6b; --odd: #d4a72c; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; margin: .5rem 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
code, pre { font: 12.5px/1.45 ui-monospace, monospace; }
pre { background: var(--soft); padding: .6rem; overflow-x: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; max-height: 24rem; margin: .3rem 0; }
.sums { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; list-style: none; }
details { border-top: 1px solid var(--line); } summary { cursor: pointer; padding: .45rem 0; }
summary > span { display: inline-grid; grid-template-columns: 6.2rem 6.6rem 1fr; gap: .2rem .6rem;
  width: calc(100% - 1.4rem); vertical-align: top; }
.id { font-weight: 600; } .inside { padding: 0 0 1rem 1.2rem; }
.pass { color: var(--pass); } .fail, .error { color: var(--fail); font-weight: 700; }
.untestable, .inconclusive, .unknown { color: var(--odd); } .skipped, .unobserved { opacity: .65; }
.note, figcaption, h4 { opacity: .75; font-size: .85rem; } h4 { margin: .8rem 0 0; }
.expected { display: grid; grid-template-columns: auto 1fr; gap: .1rem .8rem; margin: .4rem 0; }
.expected dt { opacity: .75; } .expected dd { margin: 0; overflow-wrap: anywhere; }
.questions > details > summary > span { grid-template-columns: 14rem 1fr; }
img { max-width: 100%; border: 1px solid var(--line); } figure { margin: .6rem 0; }
@media (max-width: 40rem) {
  summary > span, .questions > details > summary > span { grid-template-columns: 1fr auto; }
  summary > span > :last-child { grid-column: 1 / -1; } .inside { padding-left: .2rem; }
}
"""


def render(report: Report, contract: Contract) -> str:
    """The text of the file."""
    return "\n".join(_page(report, contract)) + "\n"


def _page(report: Report, contract: Contract) -> Iterator[str]:
    target = escape(report.target)
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>sampan check {target}</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>sampan check {target}</h1>"
    yield from _sums(report)
    heading = ""
    for finding in report.findings:
        if title(finding.id) != heading:
            heading = title(finding.id)
            yield f"<h2>{escape(heading)}</h2>"
        yield from _requirement(finding, contract)
    yield '<h2>Questions that the page leaves open</h2><div class="questions">'
    for observation in report.observations:
        yield from _question(observation, contract)
    yield "</div></body></html>"


def _sums(report: Report) -> Iterator[str]:
    word = report.verdict.word
    yield f'<p><strong class="{word}">{word}</strong> on {report.started_at:%Y-%m-%d %H:%M:%S} UTC'
    yield f"{escape(report.stopped)}</p><ul class=sums>"
    for verdict in reversed(Verdict):
        if report.count(verdict):
            yield f'<li class="{verdict.word}">{report.count(verdict)} {verdict.word}</li>'
    allowed = "any number" if report.jobs_allowed is None else str(report.jobs_allowed)
    yield f"<li>{report.jobs_spent} jobs spent, {allowed} allowed</li>"
    yield f"<li>{report.requests} requests</li><li>{report.seconds:.1f} s</li></ul>"


def _requirement(finding: Finding, contract: Contract) -> Iterator[str]:
    requirement = contract.requirements[finding.id]
    word = finding.verdict.word
    opened = " open" if finding.verdict in (Verdict.FAIL, Verdict.ERROR) else ""
    yield f'<details id="{escape(finding.id)}"{opened}><summary><span>'
    yield f'<span class="id">{escape(finding.id)}</span><span class="{word}">{word}</span>'
    yield f"<span>{escape(requirement.sentence)}</span></span></summary>"
    yield '<div class="inside">'
    yield f"<div>{escape(finding.message)}</div>"
    if finding.expected or finding.actual:
        yield f'<dl class="expected"><dt>expected</dt><dd>{escape(finding.expected)}</dd>'
        yield f"<dt>got</dt><dd>{escape(finding.actual)}</dd></dl>"
    if finding.not_covered:
        yield f'<div class="untestable">not tried: {escape(finding.not_covered)}</div>'
    source = "not on the page; no server may do otherwise"
    if requirement.level != "sane":
        source = f"{requirement.level} on the page: {requirement.page}"
    yield f'<div class="note">{escape(source)}</div>'
    yield from _evidence(finding.evidence)
    yield "</div></details>"


def _question(observation: Observation, contract: Contract) -> Iterator[str]:
    question = contract.questions[observation.id]
    word = observation.seen.value
    answer = observation.answer or ""
    variant = question.variant(answer) if observation.seen is Seen.ANSWERED else None
    told = {
        Seen.ANSWERED: f"{answer}: {variant.meaning if variant else ''}",
        Seen.UNKNOWN: f"unknown: {answer}",
        Seen.UNOBSERVED: f"unobserved: {observation.reason}",
    }[observation.seen]
    yield f'<details id="{escape(observation.id)}"><summary><span>'
    yield f'<span class="id">{escape(observation.id)}</span>'
    yield f'<span class="{word}">{escape(told)}</span></span></summary>'
    yield f'<div class="inside"><div>{escape(question.why)}</div><ul>'
    for one in question.variants:
        yield f"<li><code>{escape(one.id)}</code> {escape(one.meaning)}</li>"
    yield "</ul>"
    yield from _evidence(observation.evidence)
    yield "</div></details>"


def _evidence(evidence: tuple[EvidenceItem, ...]) -> Iterator[str]:
    for item in evidence:
        if isinstance(item, Exhibit):
            yield from _shown(item)
        else:
            yield from _exchange(item)


def _shown(shown: Exhibit) -> Iterator[str]:
    picture = shown.picture() if shown.picture else None
    if picture is None:
        yield f"<h4>{escape(shown.title)}</h4><pre>{escape(shown.text)}</pre>"
        return
    data = base64.b64encode(picture).decode()
    yield f'<figure><img alt="{escape(shown.title)}" src="data:image/png;base64,{data}">'
    yield f"<figcaption>{escape(shown.title)}<br>{escape(shown.text)}</figcaption></figure>"


def _exchange(exchange: Exchange) -> Iterator[str]:
    title = exchange.operation or f"{exchange.method} {exchange.url}"
    came = f"HTTP {exchange.status}, " if exchange.status else ""
    yield f"<h4>{escape(title)}: {came}{exchange.elapsed * 1000:.0f} ms</h4>"
    yield f"<pre>{escape(curl(exchange))}</pre>"
    if exchange.problem:
        yield f"<div>{escape(exchange.problem)}</div>"
    headers = "\n".join(f"{name}: {value}" for name, value in exchange.response_headers)
    body = f"\n\n{exchange.response_body}" if exchange.response_body else ""
    if headers or body:
        yield f"<pre>{escape(headers + body)}</pre>"
