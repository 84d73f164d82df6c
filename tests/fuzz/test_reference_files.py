"""Files of references, damaged: read, or refused by name; never anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from mezzotint.evaluation import FeatureSet, Origin, Statistics, write_features, write_statistics
from mezzotint.evaluation.references.reference_files import read_features, read_statistics, what_holds

ROWS = np.arange(24, dtype=np.float32).reshape(6, 4) % 5
FEATURES = FeatureSet(ROWS, tuple("abcdef"), Origin("starter", "0" * 32, "clean"))
NAMES = ("f.npz", "f.npy", "f.parquet", "s.npz")


@pytest.mark.filterwarnings("ignore:Reading `.npy` or `.npz` file:UserWarning")
@pytest.mark.parametrize("name", NAMES)
def test_damaged_files(fuzzed: Any, damaged: Any, write: Any, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "s.npz":
        write_statistics(path, Statistics.of_features(ROWS), FEATURES.origin)
    else:
        write_features(path, FEATURES)
    words = (b"'|O'", b"'shape': (99999999999, 4)", b"PK\x05\x06", b"(" * 3000, b"PAR1")

    @given(damaged(path.read_bytes(), words=words))
    def property(data: bytes) -> None:
        damaged_file = write(name, data)
        for read in (what_holds, read_features, read_statistics):
            try:
                read(damaged_file)
            except ValueError as refused:
                said = str(refused)
            else:
                said = name
            assert name in said

    fuzzed(property, parts=len(NAMES))
