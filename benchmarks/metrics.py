"""Metrics beside their peers: the distance step on features at hand, and a whole pass over pictures.

Everybody gets the same features, or the same pictures and the same random weights, in rounds one after
another, so that a slow moment of the machine meets everybody. What a peer can't do is left out; what takes
minutes is done once.

    python benchmarks/metrics.py                                              # hours on two cores
    python benchmarks/metrics.py distances --sizes 500 3000 --slow 0
    python benchmarks/metrics.py pass --images 2000 --rounds 3
    python benchmarks/metrics.py --sizes 300 --dimension 128 --images 16 --rounds 1    # does it work?
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import psutil
import torch
from picture_scoring import contenders, prepare
from throughput import PeakMemory

from mezzotint.evaluation import FrechetDistance, KernelDistance, KernelReference, Statistics
from mezzotint.evaluation.measures.precision_recall import PrecisionRecall
from mezzotint.nodes.device import TorchDevice

Work = Callable[[], Sequence[float]]
BATCH = 50
CANDIDATES = 10
TEN = "mezzotint, each of ten"


def features(count: int, dimension: int, seed: int) -> np.ndarray:
    """Features like those of Inception: float32, not below 0, with a spectrum that falls."""
    random = np.random.default_rng(seed)
    mixing = np.random.default_rng(0).normal(size=(dimension, dimension)) / np.sqrt(dimension)
    mixing *= np.exp(-8 * np.arange(dimension) / dimension)[:, None]
    # A reference that differs a little from the candidates.
    return np.abs(random.normal(size=(count, dimension)) @ mixing * (1 + 0.1 * (seed == 0))).astype("float32")


def fed(metric: FrechetDistance | KernelDistance | PrecisionRecall, rows: np.ndarray) -> Sequence[float]:
    for start in range(0, len(rows), BATCH):
        metric.update(rows[start : start + BATCH])
    value = metric.compute()
    return value if isinstance(value, tuple) else (value,)


def frechet(candidates: Sequence[np.ndarray], reference: np.ndarray, slow: bool) -> dict[str, Work]:
    """Features in, a distance out; what can be known of the reference beforehand is known, on all sides."""
    from cleanfid.fid import frechet_distance as clean_fid
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torchmetrics.image.fid import FrechetInceptionDistance

    known = Statistics.of_features(reference)
    _ = known.root
    theirs = fid_features_to_statistics(torch.from_numpy(reference))
    rows, dimension = candidates[0], reference.shape[1]

    def torch_fidelity() -> Sequence[float]:
        found = fid_features_to_statistics(torch.from_numpy(rows))
        return (fid_statistics_to_metric(found, theirs, verbose=False)["frechet_inception_distance"],)

    def torchmetrics() -> Sequence[float]:
        given = torch.nn.Identity()
        given.num_features = dimension  # type: ignore[assignment]
        metric = FrechetInceptionDistance(given, reset_real_features=False)
        metric.real_features_sum = torch.from_numpy(reference.sum(axis=0, dtype=float))
        metric.real_features_cov_sum = torch.from_numpy(
            theirs["sigma"] * (len(reference) - 1) + np.outer(theirs["mu"], theirs["mu"]) * len(reference)
        )
        metric.real_features_num_samples = torch.tensor(len(reference))
        for batch in torch.from_numpy(rows).split(BATCH):
            metric.update(batch, real=False)
        return (float(metric.compute()),)

    def by_clean_fid() -> Sequence[float]:
        return (clean_fid(rows.mean(axis=0), np.cov(rows, rowvar=False), theirs["mu"], theirs["sigma"]),)

    ours = lambda: [value for one in candidates for value in fed(FrechetDistance(known), one)]  # noqa: E731
    work: dict[str, Work] = {"mezzotint": lambda: fed(FrechetDistance(known), rows), TEN: ours}
    work["torch-fidelity"] = torch_fidelity
    return {**work, "torchmetrics": torchmetrics, "clean-fid": by_clean_fid} if slow else work


def kernel(candidates: Sequence[np.ndarray], reference: np.ndarray, slow: bool) -> dict[str, Work]:
    """One subset of all members, where a peer draws subsets."""
    from cleanfid.fid import kernel_distance as clean_fid
    from torch_fidelity.metric_kid import kid_features_to_metric
    from torchmetrics.image.kid import poly_mmd

    known = KernelReference(reference)
    _ = known.within
    rows = candidates[0]
    both = torch.from_numpy(rows), torch.from_numpy(reference)
    whole = {"kid_subsets": 1, "kid_subset_size": len(rows), "verbose": False}
    exact = [one.double() for one in both]
    return {
        "mezzotint": lambda: fed(KernelDistance(known), rows),
        TEN: lambda: [v for one in candidates for v in fed(KernelDistance(known), one)],
        "torch-fidelity": lambda: (kid_features_to_metric(*both, **whole)["kernel_inception_distance_mean"],),
        "torch-fidelity, float64": lambda: (
            kid_features_to_metric(*exact, **whole)["kernel_inception_distance_mean"],
        ),
        "torchmetrics": lambda: (float(poly_mmd(*both)),),
        "clean-fid": lambda: (clean_fid(rows, reference, num_subsets=1, max_subset_size=len(rows)),),
    }


def neighbours(candidates: Sequence[np.ndarray], reference: np.ndarray, slow: bool) -> dict[str, Work]:
    """Precision; torchmetrics and clean-fid have none."""
    from torch_fidelity.metric_prc import prc_features_to_metric

    known = PrecisionRecall(reference).reference
    known.squared_radii(3)
    rows = candidates[0]

    def torch_fidelity() -> Sequence[float]:
        found = prc_features_to_metric(torch.from_numpy(rows), torch.from_numpy(reference), verbose=False)
        return found["precision"], found["recall"]

    return {
        "mezzotint": lambda: fed(PrecisionRecall(known), rows),
        TEN: lambda: [v for one in candidates for v in fed(PrecisionRecall(known), one)],
        "torch-fidelity": torch_fidelity,
    }


METRICS = {"Fréchet distance": frechet, "kernel distance": kernel, "precision and recall": neighbours}


def compare(title: str, work: dict[str, Work], rounds: int, once: Sequence[str]) -> None:
    """One table: seconds, peak memory and values; ratios are to the first row, round by round."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    grown: dict[str, float] = dict.fromkeys(work, 0.0)
    values: dict[str, Sequence[float]] = {}
    for number in range(rounds):
        for name, run in work.items():
            if number and name in once:
                continue
            before = psutil.Process().memory_info().rss / 2**20
            with PeakMemory() as memory:
                started = time.perf_counter()
                values[name] = run()
                seconds[name].append((time.perf_counter() - started) / (CANDIDATES if name == TEN else 1))
            grown[name] = max(grown[name], memory.peak - before)
    first = next(iter(seconds.values()))
    print(f"\n{title}\n\n| | s (min–max) | × the first | MiB | value |\n|---|---|---|---|---|")
    for name, times in seconds.items():
        ratio = statistics.median(own / one for own, one in zip(times, first, strict=False))
        spread = f"{statistics.median(times):.3f} ({min(times):.3f}–{max(times):.3f})"
        shown = ", ".join(f"{value:.9g}" for value in values[name][:5])
        print(f"| {name} | {spread} | {ratio:.2f} | {grown[name]:.0f} | {shown} |", flush=True)


def distances(sizes: Sequence[int], dimension: int, against: int, rounds: int, slow: bool) -> None:
    many = features(against, dimension, seed=0)
    for size in sizes:
        candidates = [features(size, dimension, seed) for seed in range(1, CANDIDATES + 1)]
        for title, step in METRICS.items():
            # Peers take a kernel distance over full sets of one size only.
            reference = many if step is frechet else features(size, dimension, seed=0)
            work = step(candidates, reference, slow)
            compare(
                f"{title}: {size} features of dimension {dimension} against {len(reference)}",
                work,
                rounds,
                ("torchmetrics", "clean-fid") if step is frechet else (),
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("parts", nargs="*", metavar="distances|pass", default=["distances", "pass"])
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 3000, 10_000], metavar="N")
    parser.add_argument("--dimension", type=int, default=2048, metavar="D")
    parser.add_argument("--against", type=int, default=10_000, metavar="N", help="size of its reference")
    parser.add_argument("--slow", type=int, choices=(0, 1), default=1, help="also slow peers")
    parser.add_argument("--images", type=int, default=2000, metavar="N")
    parser.add_argument("--side", type=int, default=256, metavar="PIXELS")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    given = parser.parse_args()
    if unknown := set(given.parts) - {"distances", "pass"}:
        parser.error(f"no part is called {', '.join(sorted(unknown))}; there are distances and pass")
    TorchDevice().quiet()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {psutil.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MEZZOTINT_CACHE"] = str(Path(folder) / "cache")
        if "distances" in given.parts:
            distances(given.sizes, given.dimension, given.against, given.rounds, bool(given.slow))
        if "pass" in given.parts:
            scoring = prepare(Path(folder), given.images, given.side)
            work = contenders(scoring, bool(given.slow))
            title = f"{given.images} pictures of {given.side} pixels: FID, KID, precision, recall, CLIP score"
            compare(title, work, given.rounds, ("one tool a metric",))


if __name__ == "__main__":
    main()
