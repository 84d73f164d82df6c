"""How often intervals that say 95 % cover what they are for: simulations of every metric.

A row is a metric and how pictures are drawn, a column a number of pictures for each of the features'
dimensions; then shares on a grid, and how often sets like their reference are called different.

    python benchmarks/coverage.py                                  # 2,000 replicates, half an hour
    python benchmarks/coverage.py --replicates 200                 # minutes: does it work?
    python benchmarks/coverage.py --metrics "mean" "Fréchet distance" --keep coverage.jsonl

``--keep`` writes what was simulated to a file, a part of a cell a line, and goes on from there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import special
from simulated_metrics import (
    ALONE,
    DIMENSION,
    METRICS,
    NESTED,
    RATIOS,
    REFERENCE,
    Design,
    Rows,
    Sample,
    World,
)

from mezzotint.evaluation import Embeddings, KernelReference, Statistics
from mezzotint.evaluation.uncertainty.cmmd_influence import cmmd_estimate
from mezzotint.evaluation.uncertainty.estimate import Estimate
from mezzotint.evaluation.uncertainty.frechet_influence import frechet_estimate
from mezzotint.evaluation.uncertainty.kernel_influence import kernel_estimate
from mezzotint.evaluation.uncertainty.shares import share_estimate

#: Replicates that are drawn, and written down, together.
PART = 100
#: Where a smaller share of the replicates has an interval, there is too little to tell.
SEEN = 0.1
#: Shares of which intervals are tried on a grid.
SHARES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98)


class Cell(NamedTuple):
    """A metric under a design with so many pictures."""

    metric: str
    design: Design
    pictures: int

    @property
    def name(self) -> str:
        return f"{self.metric}, {self.design.name}, {self.pictures}"


@dataclass
class Simulated:
    """What replicates gave: value, centre of the interval, standard error, both ends, and the p-value.

    What was withheld is NaN.
    """

    rows: list[list[float]] = field(default_factory=list)

    def add(self, estimate: Estimate) -> None:
        low, high = estimate.interval or (np.nan, np.nan)
        error = np.nan if estimate.standard_error is None else estimate.standard_error
        centre = float(estimate) if estimate.corrected is None else estimate.corrected
        p = np.nan if estimate.p_equal is None else estimate.p_equal
        self.rows.append([float(estimate), centre, error, low, high, p])

    def column(self, number: int) -> Rows:
        return np.array([row[number] for row in self.rows], dtype=np.float64)

    def told(self, target: float | None) -> str:
        """Coverage in percent, and the mean estimated standard error as a share of the true one."""
        value, centre, error, low, high, _ = (self.column(number) for number in range(6))
        target = float(value.mean()) if target is None else target
        given = ~np.isnan(low)
        known = error[~np.isnan(error)]
        ratio = f" ({sqrt((known**2).mean()) / centre.std():.2f})" if len(known) > SEEN * len(error) else ""
        if given.mean() < SEEN:
            return f"withheld{ratio}"
        inside = (low[given] <= target) & (target <= high[given])
        withheld = f", {100 * (1 - given.mean()):.0f} withheld" if not given.all() else ""
        return f"{100 * inside.mean():.1f}{ratio}{withheld}"


class Kept:
    """Simulations, and the file that they are kept in."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.cells: dict[str, Simulated] = defaultdict(Simulated)
        if path is not None and path.exists():
            for line in path.read_text().splitlines():
                part = json.loads(line)
                self.cells[part["cell"]].rows += part["rows"]

    def simulate(self, name: str, replicates: int, draw: Callable[[np.random.Generator], Estimate]) -> None:
        """Add replicates up to a number, in parts of which each has a seed of its own."""
        simulated = self.cells[name]
        while len(simulated.rows) < replicates:
            seed = [len(simulated.rows), *name.encode()]
            random, part = np.random.default_rng(seed), Simulated()
            for _ in range(min(PART, replicates - len(simulated.rows))):
                part.add(draw(random))
            simulated.rows += part.rows
            if self.path is not None:
                with self.path.open("a") as file:
                    file.write(json.dumps({"cell": name, "rows": part.rows}) + "\n")
        print(f"{name}: {len(simulated.rows)}", file=sys.stderr, flush=True)


def cells(metrics: Sequence[str]) -> list[Cell]:
    return [
        Cell(name, design, ratio * DIMENSION)
        for name in metrics
        for design in METRICS[name].designs
        for ratio in METRICS[name].ratios
    ]


def simulate(world: World, kept: Kept, replicates: int, metrics: Sequence[str]) -> None:
    for cell in cells(metrics):
        estimate = METRICS[cell.metric].estimate

        def draw(random: np.random.Generator, cell: Cell = cell, estimate: Any = estimate) -> Estimate:
            return estimate(world, Sample.drawn(world, cell.design, random, cell.pictures))

        kept.simulate(cell.name, replicates, draw)


def table(world: World, kept: Kept, metrics: Sequence[str]) -> str:
    heads = [f"N = {ratio} d" for ratio in RATIOS]
    lines = [f"| metric | interval for | pictures | {' | '.join(heads)} |", "|---" * (3 + len(heads)) + "|"]
    for name in metrics:
        metric = METRICS[name]
        target = None if metric.limit is None else metric.limit(world)
        for design in metric.designs:
            told = [kept.cells[Cell(name, design, ratio * DIMENSION).name].told(target) for ratio in RATIOS]
            meant = "same size" if metric.limit is None else "limit"
            lines.append(f"| {name} | {meant} | {design.name} | {' | '.join(told)} |")
    return "\n".join(lines)


def shares(kept: Kept, replicates: int) -> str:
    """Coverage of the share's interval, its least and mean over a grid of shares, and at each."""
    lines = [
        f"| share true, pictures | N | mean | least | {' | '.join(f'{share:g}' for share in SHARES)} |",
        "|---" * (4 + len(SHARES)) + "|",
    ]
    for design in (ALONE, NESTED):
        for count in (16, 64, 256):
            found = []
            for share in SHARES:
                threshold = float(special.ndtri(share))

                def draw(
                    random: np.random.Generator,
                    design: Design = design,
                    count: int = count,
                    threshold: float = threshold,
                ) -> Estimate:
                    return share_estimate(design.noise(random, count, ()) < threshold, design.units(count))

                name = f"share {share:g}, {design.name}, {count}"
                kept.simulate(name, replicates, draw)
                low, high = kept.cells[name].column(3), kept.cells[name].column(4)
                found.append(100 * float(((low <= share) & (share <= high)).mean()))
            numbers = [np.mean(found), min(found), *found]
            lines.append(f"| {design.name} | {count} | {' | '.join(f'{each:.1f}' for each in numbers)} |")
    return "\n".join(lines)


def equality(kept: Kept, replicates: int) -> str:
    """How often sets drawn like their reference are called different from it, at 5 %."""
    lines = ["| test of equality, pictures | N = 4 d | N = 8 d |", "|---|---|---|"]
    of: dict[str, Callable[[Rows, list[str], Rows], Estimate]] = {
        "Fréchet distance": lambda rows, units, real: frechet_estimate(
            rows, units, Statistics.of_features(real)
        ),
        "kernel distance": lambda rows, units, real: kernel_estimate(rows, units, KernelReference(real)),
        "CMMD": lambda rows, units, real: cmmd_estimate(rows, units, Embeddings.of(real)),
    }
    for metric, estimate in of.items():
        for design in (ALONE, NESTED):
            told = []
            for ratio in (4, 8):

                def draw(
                    random: np.random.Generator,
                    design: Design = design,
                    count: int = ratio * DIMENSION,
                    estimate: Any = estimate,
                ) -> Estimate:
                    real = 0.5 + random.normal(size=(REFERENCE, DIMENSION))
                    return estimate(
                        0.5 + design.noise(random, count, (DIMENSION,)), design.units(count), real
                    )

                name = f"equal: {metric}, {design.name}, {ratio}"
                kept.simulate(name, replicates, draw)
                p = kept.cells[name].column(5)
                # Where nothing was asked, the two were far from equal.
                told.append(f"{100 * float((~(p > 0.05)).mean()):.1f}")
            lines.append(f"| {metric}, {design.name} | {' | '.join(told)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--metrics", nargs="*", default=list(METRICS), choices=list(METRICS))
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    kept, world = Kept(arguments.keep), World()
    simulate(world, kept, arguments.replicates, arguments.metrics)
    error = 100 * sqrt(0.95 * 0.05 / arguments.replicates)
    print(
        f"Coverage in %, nominal 95, of {arguments.replicates:,} replicates (Monte Carlo error {error:.1f}); "
        f"in brackets the mean estimated standard error over the true one. d = {DIMENSION}.\n"
    )
    print(table(world, kept, arguments.metrics), end="\n\n")
    print(shares(kept, arguments.replicates), end="\n\n")
    print(equality(kept, arguments.replicates))


if __name__ == "__main__":
    main()
