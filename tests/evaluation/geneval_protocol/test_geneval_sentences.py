"""GenEval's prompts: generated, and equal to the published file to the last byte."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from mezzotint.evaluation import geneval_prompts
from mezzotint.evaluation.geneval_protocol.rules import Wanted
from mezzotint.evaluation.geneval_protocol.sentences import CLASSES

PUBLISHED = "5c48e0813e812e3c373fa5c8ed07a8f0a483be30272b4427b0559c8048e67c13"
"""SHA-256 of evaluation_metadata.jsonl in github.com/djghosh13/geneval."""


def lines() -> str:
    return "".join(json.dumps(record) + "\n" for record in geneval_prompts())


def test_they_are_the_published_ones_to_the_last_byte():
    assert hashlib.sha256(lines().encode()).hexdigest() == PUBLISHED


@pytest.mark.skipif(
    "MEZZOTINT_DATA" not in os.environ, reason="MEZZOTINT_DATA names no folder of prompt files"
)
def test_they_equal_the_published_file_line_for_line():
    published = (Path(os.environ["MEZZOTINT_DATA"]) / "geneval.jsonl").read_text()
    assert lines().splitlines() == published.splitlines()


def test_so_many_of_every_task():
    counts = {
        "single_object": 80,
        "two_object": 99,
        "counting": 80,
        "colors": 94,
        "position": 100,
        "color_attr": 100,
    }
    assert Counter(record["tag"] for record in geneval_prompts()) == counts
    assert len(CLASSES) == len(set(CLASSES)) == 80


def test_the_grammar_slips_are_there_too():
    prompts = {record["prompt"] for record in geneval_prompts()}
    assert {"a photo of a skis", "a photo of a scissors"} <= prompts


def test_every_record_can_be_judged():
    for record in geneval_prompts():
        assert Wanted.of(record).tag == record["tag"]


def test_the_module_prints_them_as_a_table_that_graphs_read():
    command = [sys.executable, "-m", "mezzotint.evaluation.geneval_protocol.sentences"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == lines()
