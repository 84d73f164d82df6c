"""A byte-pair vocabulary in CLIP's format, small enough for the words of the world and open to any text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from .tasks import phrase, sample_spec

START, END = "<|startoftext|>", "<|endoftext|>"
LENGTH = 32
"""Tokens a caption may have, start and end included; the longest of the world's has 19."""

_EXTRA = "next side by with two three four five six red background photo picture image drawing of the"


def words(samples: int = 20_000, seed: int = 1) -> Counter[str]:
    """The words of sampled captions and how often each occurs."""
    rng = np.random.default_rng(seed)
    counts = Counter(_EXTRA.split())
    for _ in range(samples):
        counts.update(phrase(sample_spec(rng), rng).split())
    return counts


def learn_merges(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909) run until every word is one token."""
    spelled = {word: [*word[:-1], word[-1] + "</w>"] for word in sorted(counts)}
    merges: list[tuple[str, str]] = []
    while True:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, symbols in spelled.items():
            for pair in pairwise(symbols):
                pairs[pair] += counts[word]
        if not pairs:
            return merges
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        for symbols in spelled.values():
            at = 0
            while at < len(symbols) - 1:
                if (symbols[at], symbols[at + 1]) == best:
                    symbols[at : at + 2] = ["".join(best)]
                at += 1


def save(folder: Path) -> None:
    """Write ``vocab.json``, ``merges.txt`` and the tokenizer's configuration.

    The end token has the highest number, which is how open_clip finds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    merges = learn_merges(words())
    letters = _byte_letters()
    ends = [letter + "</w>" for letter in letters]
    tokens = [*letters, *ends, *("".join(merge) for merge in merges), START, END]
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    config = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": LENGTH,
        "bos_token": START,
        "eos_token": END,
        "pad_token": END,
        "unk_token": END,
        "do_lower_case": True,
        "add_prefix_space": False,
    }
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(merge) for merge in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    special = {key: config[key] for key in ("bos_token", "eos_token", "pad_token", "unk_token")}
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n", encoding="utf-8")


def _byte_letters() -> list[str]:
    """A printable letter for each of the 256 bytes, as GPT-2 and CLIP have them."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + index) for index in range(len(others))]
