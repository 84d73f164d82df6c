"""Gates as CI systems read them."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from mezzotint.evaluation.comparing.gates import GateResult
from mezzotint.evaluation.comparing.junit import junit

RESULT = GateResult(
    "fd: 0.5 worse", "fd", None, {}, 0.5, False, "passed", 10.0, 10.1, 0.1, (0.0, 0.2), unit="prompt"
)


def test_a_gate_is_a_case_and_what_is_inconclusive_an_error() -> None:
    results = [
        RESULT,
        replace(RESULT, outcome="failed", worse=0.9, interval=(0.7, 1.1)),
        replace(RESULT, outcome="inconclusive", worse=0.4, interval=(0.1, 0.7), prompts=90, at={"steps": 4}),
    ]
    text = junit(results, "runs/new", "runs/old")
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ')
    root = ElementTree.fromstring(text)
    (suite,) = root
    for element in (root, suite):
        counts = {name: element.get(name) for name in ("tests", "failures", "errors", "skipped")}
        assert counts == {"tests": "3", "failures": "1", "errors": "1", "skipped": "0"}
    properties, *cases = suite
    assert {entry.get("name"): entry.get("value") for entry in properties} == {
        "run": "runs/new",
        "baseline": "runs/old",
    }
    assert [case.get("name") for case in cases] == [
        "fd: 0.5 worse",
        "fd: 0.5 worse",
        "fd: 0.5 worse (fd at steps=4)",
    ]
    assert {case.get("classname") for case in cases} == {"runs/new"}
    assert [child.tag for case in cases for child in case] == ["system-out", "failure", "error"]
    assert cases[1][0].get("message") == results[1].words == cases[1][0].text
    assert "a fresh run of 90 prompts" in str(cases[2][0].get("message"))


def test_names_from_anywhere_make_xml() -> None:
    hostile = 'runs/<a> & "b" \x00\x1b[31m\ud800 \uffff é'
    root = ElementTree.fromstring(junit([replace(RESULT, category="]]>")], hostile, hostile))
    assert root[0].get("name") == 'runs/<a> & "b" [31m  é'
    assert "fd[]]>]" in str(root[0][1][0].text)
