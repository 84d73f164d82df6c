"""Gates as JUnit XML, which CI systems show beside their tests."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from .gates import GateResult
from .wording import called


def junit(results: Sequence[GateResult], run: str, baseline: str) -> str:
    """A test suite with a case a gate: a failure where it failed, an error where it is inconclusive.

    Not skipped: that would show a gate that nobody could judge as if it had nothing to say. The text is XML
    that holds to the schema of Jenkins' xUnit plugin, which GitLab and GitHub's reporters read too.
    """
    counts = {
        "tests": len(results),
        "failures": sum(result.outcome == "failed" for result in results),
        "errors": sum(result.outcome == "inconclusive" for result in results),
        "skipped": 0,
    }
    numbers = {name: str(count) for name, count in counts.items()}
    suites = ElementTree.Element("testsuites", {"name": "mezzotint gate", **numbers, "time": "0"})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": _clean(run), **numbers, "time": "0"})
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("run", run), ("baseline", baseline)):
        ElementTree.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    for result in results:
        place = called(result.name, result.at, result.category)
        name = _clean(f"{result.gate} ({place})" if result.at else result.gate)
        case = ElementTree.SubElement(
            suite, "testcase", {"classname": _clean(run), "name": name, "time": "0"}
        )
        if result.outcome == "passed":
            ElementTree.SubElement(case, "system-out").text = _clean(result.words)
            continue
        kind = "failure" if result.outcome == "failed" else "error"
        said = {"message": _clean(result.words), "type": result.outcome}
        ElementTree.SubElement(case, kind, said).text = _clean(result.words)
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _clean(text: str) -> str:
    """Text without the characters that XML 1.0 forbids, such as control codes in a file's name."""
    return "".join(letter for letter in text if _is_allowed(ord(letter)))


def _is_allowed(code: int) -> bool:
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code > 0xFFFF
