"""The report as one self-contained page: no script, nothing loaded from anywhere."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from html import escape

from ..contract import Contract
from ..findings import EvidenceItem, Exhibit, Finding, Observation, Seen
from ..http.curl import curl
from ..http.exchange import Exchange
from ..report import Report, title
from ..verdict import Verdict
from .causes import Cause, causes

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
.untestable, .inconclusive, .unknown { color: var(--odd); }
.skipped, .unseen, .unobserved { opacity: .65; }
.note, figcaption, h4 { opacity: .75; font-size: .85rem; } h4 { margin: .8rem 0 0; }
.expected { display: grid; grid-template-columns: auto 1fr; gap: .1rem .8rem; margin: .4rem 0; }
.expected dt { opacity: .75; } .expected dd { margin: 0; overflow-wrap: anywhere; }
.questions > details > summary > span { grid-template-columns: 14rem 1fr; }
nav { display: flex; flex-wrap: wrap; gap: .2rem .9rem; margin: .8rem 0; }
input[name=show] { margin: 0 .25rem 0 0; }
.choice { display: inline-block; margin-right: 1rem; white-space: nowrap; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; } a { color: inherit; }
.jobs dt { font-weight: 600; margin-top: .8rem; } .jobs dd { margin: 0; overflow-wrap: anywhere; }
main { overflow-wrap: anywhere; } h1 { overflow-wrap: anywhere; }
img { max-width: 100%; border: 1px solid var(--line); } figure { margin: .6rem 0; }
@media (max-width: 40rem) {
  summary > span, .questions > details > summary > span { grid-template-columns: 1fr auto; }
  summary > span > :last-child { grid-column: 1 / -1; } .inside { padding-left: .2rem; }
}
"""


#: A job of the page needs a word.
_JOBS = (
    "Checks share jobs and name them as below; “grid” is the picture of four cells that most others"
    " are made from. A job without a name was accepted although the server had to refuse it."
)
_TOKEN = """export SAMPAN_TOKEN="$(curl -sS '{target}/auth/login' \\
  -H 'Content-Type: application/json' \\
  -d "{{\\"username\\":\\"$SAMPAN_USERNAME\\",\\"password\\":\\"$SAMPAN_PASSWORD\\"}}" \\
  | sed -n 's/.*"token" *: *"\\([^"]*\\)".*/\\1/p')\""""
_BAD = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE)


def render(report: Report, contract: Contract) -> str:
    """The text of the file."""
    return "\n".join(_page(report, contract)) + "\n"


def _page(report: Report, contract: Contract) -> Iterator[str]:
    target = escape(report.target)
    bad = causes(finding for finding in report.findings if finding.verdict in _BAD)
    sections = _sections(report)
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    title = f"{'Traffic with' if report.watched else 'sampan check'} {target}"
    yield f"<title>{title}</title><style>{_STYLE}{_filters()}</style></head><body>"
    yield f"<h1>{title}</h1>"
    yield from _sums(report)
    yield from _jump_list(bad, sections, report)
    yield from _choices(report)
    yield "<main>"
    yield from _bad(bad, report, contract)
    for heading, findings in sections.items():
        yield f'<section id="{_anchor(heading)}"><h2>{escape(heading)}</h2>'
        for finding in findings:
            yield from _requirement(finding, contract)
        yield "</section>"
    yield '<section id="questions"><h2>Questions that the page leaves open</h2>'
    yield '<div class="questions">'
    for observation in report.observations:
        yield from _question(observation, contract)
    yield "</div></section>"
    yield from _jobs(report)
    yield "</main></body></html>"


def _sections(report: Report) -> dict[str, list[Finding]]:
    """What did pass or was not tested, by heading."""
    sections: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.verdict not in _BAD:
            sections.setdefault(title(finding.id), []).append(finding)
    return sections


def _anchor(heading: str) -> str:
    return "section-" + "".join(one if one.isalnum() else "-" for one in heading.lower())


def _sums(report: Report) -> Iterator[str]:
    word = report.verdict.word
    yield f'<p><strong class="{word}">{word}</strong>, {report.tested}, on'
    yield f"{report.started_at:%Y-%m-%d %H:%M:%S} UTC</p>"
    for happened in (report.stopped, *report.remarks):
        if happened:
            yield f'<p class="inconclusive">{escape(happened)}</p>'
    yield f"<ul class=sums>{''.join(f'<li>{one}</li>' for one in _effort(report))}</ul>"
    if report.known:
        yield f"<p>accepted deviations (--known): {escape(', '.join(sorted(report.known)))}</p>"
    yield '<div class="note">The curl commands need a token of the account:'
    yield f"<pre>{escape(_TOKEN.format(target=report.target))}</pre></div>"


def _effort(report: Report) -> Iterator[str]:
    if report.watched:
        yield f"{report.requests} requests seen, {report.jobs_spent} jobs accepted"
        yield f"{report.seconds:.1f} s"
        return
    allowed = "any number" if report.jobs_allowed is None else str(report.jobs_allowed)
    yield f"{report.jobs_spent} jobs spent, {allowed} allowed"
    yield from (f"{report.requests} requests", f"{report.seconds:.1f} s", report.repeated_by)


def _jump_list(
    bad: list[Cause], sections: Mapping[str, list[Finding]], report: Report
) -> Iterator[str]:
    yield "<nav>"
    for finding in (one for cause in bad for one in cause.findings):
        word = finding.verdict.word
        yield f'<a class="{word}" href="#{escape(finding.id)}">{escape(finding.id)}</a>'
    for heading in sections:
        yield f'<a href="#{_anchor(heading)}">{escape(heading)}</a>'
    yield '<a href="#questions">Questions</a>'
    if report.jobs:
        yield '<a href="#jobs">Jobs</a>'
    yield "</nav>"


def _choices(report: Report) -> Iterator[str]:
    """The filter: the style sheet hides what is not chosen, so that no script is needed."""
    radio = '<input type="radio" name="show" id="show-all" checked>'
    yield f'<span class="choice">{radio}<label for="show-all">all</label></span>'
    for verdict in reversed(Verdict):
        word, count = verdict.word, report.count(verdict)
        if count:
            radio = f'<input type="radio" name="show" id="show-{word}">'
            label = f'<label class="{word}" for="show-{word}">{count} {word}</label>'
            yield f'<span class="choice">{radio}{label}</span>'


def _filters() -> str:
    rules = []
    for verdict in Verdict:
        chosen, kept = f"body:has(#show-{verdict.word}:checked) main", f".is-{verdict.word}"
        rules.append(f"{chosen} details:not({kept}), {chosen} section:not(:has({kept}))")
    return ", ".join(rules) + " { display: none; }\n"


def _bad(groups: list[Cause], report: Report, contract: Contract) -> Iterator[str]:
    if not groups:
        return
    yield '<section id="not-passed"><h2>What did not pass</h2>'
    for group in groups:
        if group.text:
            several = f"{group.text}: {len(group.findings)} requirements"
            yield f'<h3 class="{group.verdict.word}">{escape(several)}</h3>'
        for finding in group.findings:
            yield from _requirement(finding, contract, known=finding.id in report.known)
    yield "</section>"


def _jobs(report: Report) -> Iterator[str]:
    if not report.jobs:
        return
    yield f'<section id="jobs"><h2>Jobs</h2><div class="note">{_JOBS}</div><dl class="jobs">'
    for job in report.jobs:
        name = f"{job.name}: {job.operation}" if job.name else f"not planned: {job.operation}"
        reused = ", used again" if job.reused else ""
        yield f"<dt>{escape(name)}</dt><dd>{escape(job.outcome)}{reused}, for"
        yield f"{escape(', '.join(job.serves))}<br><code>{escape(job.hash or 'no hash')}</code>"
        yield f"<pre>{escape(job.body)}</pre></dd>"
    yield "</dl></section>"


def _requirement(finding: Finding, contract: Contract, *, known: bool = False) -> Iterator[str]:
    requirement = contract.requirements[finding.id]
    word = finding.verdict.word
    opened = " open" if finding.verdict in (Verdict.FAIL, Verdict.ERROR) else ""
    yield f'<details class="is-{word}" id="{escape(finding.id)}"{opened}><summary><span>'
    told = f"{word} (known)" if known else word
    yield f'<span class="id">{escape(finding.id)}</span><span class="{word}">{told}</span>'
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
