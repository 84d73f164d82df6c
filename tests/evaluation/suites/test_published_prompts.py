"""Prompts as their authors published them, read from the folder that ``MEZZOTINT_DATA`` names."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from mezzotint.evaluation.suites import Prompts, load_suite
from mezzotint.evaluation.suites.sampling import sample

DATA = Path(os.environ.get("MEZZOTINT_DATA", "nowhere"))


def published(suite: str, name: str) -> Prompts:
    if not (DATA / name).exists():
        pytest.skip(f"MEZZOTINT_DATA names no folder with {name}, as the authors publish it")
    return load_suite(suite).prompts(DATA / name)


def categories(prompts: Prompts) -> Counter[str]:
    return Counter(record.values["category"] for record in prompts.records)


def test_parti_prompts_are_1632_in_twelve_categories() -> None:
    prompts = published("parti", "PartiPrompts.tsv")
    assert prompts.as_published
    assert (len(prompts.records), prompts.remarks) == (1632, ())
    counts = categories(prompts)
    assert (len(counts), counts["Animals"], counts["Indoor Scenes"]) == (12, 314, 40)
    assert prompts.records[0].values == {"prompt": "bond", "category": "Abstract", "challenge": "Basic"}
    assert prompts.records[0].place.line == 2


def test_a_sample_of_parti_prompts_has_every_category_in_its_share() -> None:
    prompts = published("parti", "PartiPrompts.tsv")
    counts, few = categories(prompts), categories(prompts.sampled(163))
    assert all(abs(few[name] - counts[name] / 10) <= 1 for name in counts)
    kept = set(sample([record.values for record in prompts.records], 163))
    assert kept < set(sample([record.values for record in prompts.records], 500))


def test_geneval_as_published_is_what_our_own_code_makes() -> None:
    prompts = published("geneval", "geneval.jsonl")
    made = load_suite("geneval").prompts()
    assert prompts.sha256 == made.sha256
    assert [record.values for record in prompts.records] == [record.values for record in made.records]


def test_t2i_compbench_has_eight_categories_of_300() -> None:
    prompts = published("t2i-compbench", "t2i-compbench")
    assert prompts.as_published
    names = ["3d_spatial", "color", "complex", "non_spatial", "numeracy", "shape", "spatial", "texture"]
    assert categories(prompts) == dict.fromkeys(names, 300)
    assert not any(record.values["prompt"].endswith("\r") for record in prompts.records)


def test_a_folder_that_holds_the_file_will_do() -> None:
    published("parti", "PartiPrompts.tsv")
    assert len(load_suite("parti").prompts(DATA).records) == 1632
