"""Stored bytes, damaged: a type reads them or says it can't; a store hands out nothing but what it got."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.evaluation.references import ReferenceSet, ReferenceType
from mezzotint.evaluation.references.feature_sets import FeatureSet
from mezzotint.graphs.hardship import is_hardship
from mezzotint.graphs.store import SMALL, Entry, Store
from mezzotint.graphs.types import BooleanType, IntegerType, NumberType, PortType, RecordType, TextType
from mezzotint.nodes.conditioning import ConditioningBatch, ConditioningType
from mezzotint.nodes.latents import LatentBatch, LatentsType, LatentTag
from mezzotint.nodes.model import ModelType
from mezzotint.nodes.pictures import ImagesType

SAMPLES = torch.arange(1 * 4 * 2 * 3).reshape(1, 4, 2, 3) / 7
MODEL = {"source": "starter", "revision": None, "digest": "ab", "family": "sd", "dtype": "float32"}
REFERENCES = [
    ReferenceSet("folder", Path("photos")),
    ReferenceSet("set", features=FeatureSet(SAMPLES.numpy().reshape(6, 4), tuple("abcdef"))),
]

#: Of each port type that stores items, and of every kind of dtype, some stored forms.
STORED: list[tuple[PortType, list[bytes]]] = [
    (TextType(), [TextType().encode(text) for text in ("", "a star", "é")]),
    (IntegerType(), [b"0", b"-7"]),
    (NumberType(), [b"0.5", b"NaN"]),
    (BooleanType(), [b"true"]),
    (RecordType(), [RecordType().encode({"a": [1, None], "b": {"c": "d"}})]),
    (ImagesType(), [ImagesType().encode(SAMPLES[0, :3].clamp(0, 1))]),
    (
        LatentsType(),
        [
            LatentsType().encode(LatentBatch(SAMPLES.to(dtype), LatentTag("sd", "4 channels", 16, 24)))
            for dtype in (torch.float32, torch.float16, torch.int64)
        ],
    ),
    (ConditioningType(), [ConditioningType().encode(ConditioningBatch("sd", {"a": SAMPLES}, (3,)))]),
    (ModelType(), [json.dumps(MODEL).encode()]),
    (ReferenceType(), [ReferenceType().encode(reference) for reference in REFERENCES]),
]


@pytest.mark.parametrize(("kind", "stored"), STORED, ids=lambda value: repr(value)[:12])
def test_damaged_items(fuzzed: Any, damaged: Any, kind: PortType, stored: list[bytes]) -> None:
    """What can't be read is made again; that it can't must not look like a machine that lacks something."""

    @given(damaged(*stored, words=(b'"dtype":"F64"', b"[9999999999,9]", b"{", b'"', b"1e999", b"[" * 3000)))
    def property(data: bytes) -> None:
        try:
            kind.decode(data)
        except Exception as caught:
            error = caught
        else:
            return
        assert not is_hardship(error)

    fuzzed(property, parts=len(STORED))


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    folder = tmp_path / "whole"
    with Store(folder) as store:
        store.write([entry(number) for number in range(40)], {"versions": {"toy": "1"}})
    return folder


def entry(number: int) -> Entry:
    size = SMALL + 1 if number < 2 else 60
    return Entry(number.to_bytes(20, "big"), "toy.node@1", bytes([number]) * size, ("blank",), number)


def test_damaged_stores(fuzzed: Any, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "harmed"
    names = [
        path.relative_to(whole) for path in whole.rglob("*") if path.is_file() and path.suffix != ".lock"
    ]
    change = st.tuples(
        st.sampled_from(sorted(names)), st.integers(0, 1 << 17), st.binary(max_size=40), st.booleans()
    )

    @given(st.lists(change, min_size=1, max_size=4))
    def property(changes: list[tuple[Path, int, bytes, bool]]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole, folder)
        for name, at, piece, cut in changes:
            data = (folder / name).read_bytes()
            at %= len(data) + 1
            (folder / name).write_bytes(data[:at] + piece + (b"" if cut else data[at + len(piece) :]))
        keys = [entry(number).key for number in range(40)]
        with Store(folder) as store:
            store.known(keys)
            for key, found in store.read(keys).items():
                written = entry(int.from_bytes(key, "big"))
                assert (found.data, found.flags, found.missing) == (
                    written.data,
                    written.flags,
                    written.missing,
                )
            store.write([entry(99)])
            assert store.read([entry(99).key])[entry(99).key] == entry(99)
            store.by_node()
            store.made_with(keys[3])
            store.costs(keys)

    fuzzed(property, parts=10)
