"""``perturb``: each kind changes what it says and nothing else, as the seed says."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mezzotint
from mezzotint import each
from mezzotint.graphs.store import Store
from mezzotint.nodes.perturbing import perturb

PROMPT = "A photo of two red cups, left of a cell phone and a Big wooden bench"
GROUPS = ["big, large, huge", "photo, picture", "cell phone, mobile", "red, crimson"]
TEXTS = st.text(max_size=40) | st.lists(st.sampled_from(PROMPT.split()), max_size=12).map(" ".join)
AMOUNTS = st.floats(0, 1)
SEEDS = st.integers(-(1 << 63), (1 << 63) - 1)


def parts(text: str) -> tuple[list[str], list[str]]:
    """Words, and the spaces between them."""
    split = re.split(r"(\s+)", text)
    return split[::2], split[1::2]


def changed(before: str, after: str) -> int:
    return sum(one != other for one, other in zip(parts(before)[0], parts(after)[0], strict=True))


def one_slip_apart(one: str, other: str) -> bool:
    """Whether a letter was left out, doubled or replaced, or two were swapped."""
    start = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    a, b = one[start:], other[start:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


@given(TEXTS, AMOUNTS, SEEDS)
def test_typos_are_one_slip_a_word(text: str, amount: float, seed: int):
    (made,) = perturb([text], [seed], kind="typos", amount=amount)
    assert parts(made)[1] == parts(text)[1]
    for before, after in zip(parts(text)[0], parts(made)[0], strict=True):
        assert before == after or one_slip_apart(before, after)
        assert [c for c in before if not c.isalpha()] == [c for c in after if not c.isalpha()]


@given(TEXTS, AMOUNTS, SEEDS)
def test_case_changes_capitals_only(text: str, amount: float, seed: int):
    (made,) = perturb([text], [seed], kind="case", amount=amount)
    assert made.casefold() == text.casefold()
    assert parts(made)[1] == parts(text)[1]


@given(TEXTS, AMOUNTS, SEEDS)
def test_order_moves_words_only(text: str, amount: float, seed: int):
    (made,) = perturb([text], [seed], kind="order", amount=amount)
    assert Counter(parts(made)[0]) == Counter(parts(text)[0])
    assert parts(made)[1] == parts(text)[1]
    if amount > 0 and len({word for word in parts(text)[0] if word}) > 1:
        assert made != text


@given(TEXTS, AMOUNTS, SEEDS)
def test_synonyms_put_listed_words_in_place_of_each_other(text: str, amount: float, seed: int):
    (made,) = perturb([text], [seed], kind="synonyms", amount=amount, synonyms=GROUPS)
    standing = {word: group.split(", ")[0] for group in GROUPS for word in group.split(", ")}
    pattern = re.compile(
        rf"(?<!\w)(?:{'|'.join(sorted(standing, key=len, reverse=True))})(?!\w)", re.IGNORECASE
    )

    def plain(text: str) -> str:
        return pattern.sub(lambda match: standing[match[0].lower()], text)

    assert plain(made) == plain(text)


@pytest.mark.parametrize("kind", ["typos", "case", "order", "synonyms"])
@pytest.mark.parametrize("amount", [0.0, 0.3, 1.0])
def test_the_amount_is_a_share_of_the_words_that_could_be_changed(kind: str, amount: float):
    # Of the prompt's 16 words, 11 have three letters or more; 4 words and phrases have synonyms.
    able = {"typos": 11, "case": 16, "order": 16, "synonyms": 4}[kind]
    options = {"synonyms": GROUPS} if kind == "synonyms" else {}
    (made,) = perturb([PROMPT], [5], kind=kind, amount=amount, **options)
    if kind == "synonyms":
        kept = re.findall(r"photo|red|cell phone|big", made, re.IGNORECASE)
        assert able - len(kept) == math.ceil(amount * able)
    elif kind == "order" and amount:  # a word may come to stand where its like stood
        assert 1 < changed(PROMPT, made) <= math.ceil(amount * able)
    else:
        assert changed(PROMPT, made) == math.ceil(amount * able)
    if amount == 0:
        assert made == PROMPT


def test_the_seed_and_the_text_decide_alone():
    texts = [PROMPT, "a small dog running", PROMPT]
    together = perturb(texts, [1, 1, 2], amount=0.5)
    assert together == [
        perturb([text], [seed], amount=0.5)[0] for text, seed in zip(texts, [1, 1, 2], strict=True)
    ]
    assert len({perturb([PROMPT], [seed], amount=0.5)[0] for seed in range(20)}) > 15
    assert perturb([PROMPT], amount=0.5) == perturb([PROMPT], [0], amount=0.5)


def test_changes_are_the_same_on_every_machine():
    assert perturb([PROMPT], [0], amount=0.3) == [
        "A hpoto of two red ccups, lft of a cell hpone and a Big wooden bench"
    ]
    assert perturb([PROMPT], [0], kind="order", amount=0.3) == [
        "cell photo a two red cups, left of a Big phone and A of wooden bench"
    ]


def test_capitals_are_carried_over():
    (made,) = perturb(["Big BIG big"], kind="synonyms", amount=1, synonyms=["big, large"])
    assert made == "Large LARGE large"


def test_a_phrase_is_one_word_and_parts_of_words_are_none():
    swapped = perturb(
        ["a cell phone, a phone case, bigger"],
        kind="synonyms",
        amount=1,
        synonyms=["cell phone, mobile", "big, large"],
    )
    assert swapped == ["a mobile, a phone case, bigger"]


def test_words_that_look_special_are_just_words():
    assert perturb(["C++ (new)"], kind="synonyms", amount=1, synonyms=["C++, Rust"]) == ["Rust (new)"]


def test_synonyms_come_from_a_file_and_the_file_enters_keys(tmp_path: Path):
    (tmp_path / "words.txt").write_text("big, large\n\nred, crimson\n")
    (tmp_path / "graph.yaml").write_text(
        "inputs: {prompt: {each: [a big dog, a red dog]}, seed: {each: {range: 2}}}\n"
        "nodes:\n"
        "  other: {use: perturb, text: $prompt, seed: $seed, kind: synonyms, file: words.txt, amount: 1}\n"
        "outputs: {other: $other}\n"
    )
    graph = mezzotint.load(tmp_path / "graph.yaml")
    with Store(tmp_path / "store") as store:
        assert list(graph.run(store=store)["other"]) == ["a large dog"] * 2 + ["a crimson dog"] * 2
        (tmp_path / "words.txt").write_text("big, tall\nred, pink\n")
        run = mezzotint.load(tmp_path / "graph.yaml").run(store=store, seed=each(0))
        assert list(run["other"]) == ["a tall dog", "a pink dog"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("kind: synonyms", "kind: synonyms needs either synonyms"),
        ('kind: synonyms, synonyms: ["big, large"], file: words.txt', "kind: synonyms needs either synonyms"),
        ('synonyms: ["big, large"]', "synonyms goes with kind: synonyms, not with kind: typos"),
        (
            "kind: synonyms, synonyms: [big]",
            "synonyms 1: 'big' is no group of words; write 'big, large'",
        ),
    ],
)
def test_what_does_not_go_together_is_found_before_a_run(tmp_path: Path, options: str, words: str):
    (tmp_path / "words.txt").write_text("big, large\n")
    (tmp_path / "graph.yaml").write_text(
        f"nodes:\n  other: {{use: perturb, text: a dog, {options}}}\noutputs: {{other: $other}}\n"
    )
    with pytest.raises(mezzotint.GraphError) as caught:
        mezzotint.load(tmp_path / "graph.yaml").check()
    assert f"graph.yaml:2:3: perturb: {words}" in str(caught.value)


def test_no_synonyms_at_all_are_an_error():
    with pytest.raises(ValueError, match="there are no groups of synonyms"):
        perturb(["a"], kind="synonyms", synonyms=[])


def test_a_file_that_is_not_there_or_holds_no_groups_is_one_message(tmp_path: Path):
    with pytest.raises(ValueError, match=r"the file of synonyms .* can't be read"):
        perturb(["a"], kind="synonyms", file=str(tmp_path / "none.txt"))
    (tmp_path / "words.txt").write_text("big, large\n\nred\n")
    with pytest.raises(ValueError, match=r"words.txt:3: 'red' is no group"):
        perturb(["a"], kind="synonyms", file=str(tmp_path / "words.txt"))
