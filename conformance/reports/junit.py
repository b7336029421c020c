"""The report as JUnit XML: a test case a requirement, the questions as properties."""

from __future__ import annotations

from xml.etree import ElementTree as xml

from ..contract import Contract
from ..findings import EvidenceItem, Exhibit, Finding, Seen
from ..http.curl import curl
from ..report import Report
from ..verdict import Verdict
from .json import full_message


def render(report: Report, contract: Contract) -> str:
    """The text of the file. Inconclusive counts as an error: it must not look like a pass."""
    errors = report.count(Verdict.ERROR) + report.count(Verdict.INCONCLUSIVE)
    skipped = sum(map(report.count, (Verdict.SKIPPED, Verdict.UNSEEN, Verdict.UNTESTABLE)))
    suite = xml.Element(
        "testsuite",
        name="sampan",
        tests=str(len(report.findings)),
        failures=str(report.count(Verdict.FAIL)),
        errors=str(errors),
        skipped=str(skipped),
        time=f"{report.seconds:.3f}",
        timestamp=report.started_at.strftime("%Y-%m-%dT%H:%M:%S"),
        hostname=report.target,
    )
    properties = xml.SubElement(suite, "properties")
    for seen in report.observations:
        answer = seen.answer if seen.seen is Seen.ANSWERED else seen.seen.value
        xml.SubElement(properties, "property", name=seen.id, value=answer or "")
    if not report.watched:
        xml.SubElement(properties, "property", name="repeated by", value=report.repeated_by)
    for finding in report.findings:
        _case(suite, finding, contract)
    suites = xml.Element("testsuites")
    suites.append(suite)
    xml.indent(suites, " ")
    return xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: xml.Element, finding: Finding, contract: Contract) -> None:
    requirement = contract.requirements[finding.id]
    case = xml.SubElement(
        suite,
        "testcase",
        classname="sampan." + requirement.section.replace(" ", ""),
        name=f"{finding.id}: {requirement.sentence}",
    )
    word, message = finding.verdict.word, full_message(finding)
    if finding.verdict is Verdict.FAIL:
        failure = xml.SubElement(case, "failure", type=requirement.level, message=message)
        failure.text = "\n\n".join(_shown(item) for item in finding.evidence)
    elif finding.verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE):
        error = xml.SubElement(case, "error", type=word, message=message)
        error.text = "\n\n".join(_shown(one) for one in finding.evidence)
    elif finding.verdict is not Verdict.PASS:
        xml.SubElement(case, "skipped", message=f"{word}: {message}")


def _shown(shown: EvidenceItem) -> str:
    if isinstance(shown, Exhibit):
        return f"{shown.title}\n{shown.text}"
    came = shown.response_body or shown.problem
    return f"{curl(shown)}\nHTTP {shown.status}\n{came}"
