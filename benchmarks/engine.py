"""What an engine costs where nodes do nothing: mezzotint beside Haystack, Apache Hamilton and Dask.

Every measurement is a process of its own, which runs the case once small to have everything imported, and
then for real. Rounds are interleaved, so that a slow moment of the machine meets everybody. Times are
processor time of all threads, from a graph in a file (mezzotint) or in code (the others) to the result;
mezzotint also stores every item, and leaves a run folder with tables behind.

    pip install -e ".[benchmarks]"
    python benchmarks/engine.py                        # everything, half an hour
    python benchmarks/engine.py --rounds 1 --points 1 1000 --nodes 10 100
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

NODES = '''
from mezzotint import node
from mezzotint.graphs.types import Integer


@node(version=1, batch=64)
def hand_on(value: Integer, *, number: int = 0) -> Integer:
    """Hand a number on."""
    return value
'''

SYSTEMS = ("mezzotint", "mezzotint stored", "Haystack", "Hamilton", "Hamilton cached", "Dask")
CASES = ("chain", "fan-out", "points")


def graph_text(case: str, size: int) -> str:
    """The case as a graph file."""
    if case == "points":
        return (
            f"inputs: {{x: {{each: {{range: {size}}}}}}}\n"
            "nodes: {a: {use: hand_on, value: $x}}\noutputs: {a: $a}\n"
        )
    chained = case == "chain"
    lines = ["inputs: {x: 1}", "nodes:"]
    for number in range(size):
        source = f"n{number - 1}" if number and chained else "n0" if number else "x"
        lines.append(f"  n{number}: {{use: hand_on, value: ${source}, number: {0 if chained else number}}}")
    last = [size - 1] if chained else range(size)
    return "\n".join([*lines, "outputs: {" + ", ".join(f"o{number}: $n{number}" for number in last) + "}"])


def mezzotint(case: str, size: int, folder: Path, *, stored: bool) -> Callable[[], None]:
    from mezzotint.graphs.program.graph import Graph
    from mezzotint.graphs.registry import Registry
    from mezzotint.graphs.store import Store

    (folder / "nodes.py").write_text(NODES)
    (folder / "graph.yaml").write_text(graph_text(case, size))
    registry = Registry.load((), [folder / "nodes.py"], plugins=False)

    def run(out: str = "run") -> None:
        with Store(folder / "store") as store:
            Graph.load(folder / "graph.yaml", registry).run_to_folder(folder / out, store=store)

    if stored:
        run("first")
    return run


def haystack(case: str, size: int, folder: Path) -> Callable[[], None] | None:
    from haystack import Pipeline, component

    if case == "points":
        return None  # a pipeline runs once; a loop around it is no feature of it

    @component
    class HandOn:
        @component.output_types(value=int)
        def run(self, value: int) -> dict[str, int]:
            return {"value": value}

    def run() -> None:
        pipeline = Pipeline()
        for number in range(size):
            pipeline.add_component(f"n{number}", HandOn())
            if number:
                source = number - 1 if case == "chain" else 0
                pipeline.connect(f"n{source}.value", f"n{number}.value")
        pipeline.run({"n0": {"value": 1}})

    return run


def hamilton(case: str, size: int, folder: Path, *, cached: bool) -> Callable[[], None] | None:
    import types

    from hamilton import driver

    if case == "points":
        return None  # its dynamic execution is experimental and keeps every point in memory
    source = [
        f"def n{number}({f'n{number - 1}' if number and case == 'chain' else 'n0' if number else 'x'}: int) "
        f"-> int:\n    return 1\n"
        for number in range(size)
    ]
    (folder / "flow.py").write_text("".join(source))
    module = types.ModuleType("flow")
    module.__file__ = str(folder / "flow.py")
    sys.modules["flow"] = module
    exec(compile("".join(source), module.__file__, "exec"), module.__dict__)
    wanted = [f"n{size - 1}"] if case == "chain" else [f"n{number}" for number in range(size)]

    def run() -> None:
        builder = driver.Builder().with_modules(module)
        if cached:
            builder = builder.with_cache(path=folder / "cache")
        builder.build().execute(wanted, inputs={"x": 1})

    if cached:
        run()
    return run


def dask(case: str, size: int, folder: Path) -> Callable[[], None]:
    from dask import compute, delayed

    hand_on = delayed(lambda value: value)

    def run() -> None:
        if case == "points":
            compute([hand_on(number) for number in range(size)], scheduler="sync")
            return
        nodes = [hand_on(1)]
        for _ in range(size - 1):
            nodes.append(hand_on(nodes[-1 if case == "chain" else 0]))
        compute(nodes[-1] if case == "chain" else nodes, scheduler="sync")

    return run


def prepared(system: str, case: str, size: int, folder: Path) -> Callable[[], None] | None:
    """The case as a system expresses it, ready to be timed; None where it is left out."""
    if system.startswith("mezzotint"):
        return mezzotint(case, size, folder, stored=system.endswith("stored"))
    if system == "Haystack":
        return haystack(case, size, folder)
    if system.startswith("Hamilton"):
        return hamilton(case, size, folder, cached=system.endswith("cached"))
    return dask(case, size, folder)


def measure(system: str, case: str, size: int) -> dict[str, float | str | None]:
    """Processor seconds, wall seconds and MiB of memory that one run took; run in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / "small", Path(name) / "real"]
        for folder in folders:
            folder.mkdir()
        small = prepared(system, case, min(size, 3), folders[0])
        if small is None:
            return {"why": "left out"}
        small()
        run = prepared(system, case, size, folders[1])
        assert run is not None
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        cpu, wall = time.process_time(), time.perf_counter()
        run()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"cpu": cpu, "wall": wall, "peak": after / 1024, "grown": (after - before) / 1024}


def measure_apart(system: str, case: str, size: int, limit: float) -> dict[str, float | str | None]:
    command = [sys.executable, __file__, "--measure", system, case, str(size)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return {"why": f"over {limit:.0f} s"}
    if done.returncode:
        return {"why": done.stderr.strip().splitlines()[-1].partition(":")[0]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def table(
    case: str, sizes: list[int], found: dict[tuple[str, int], list[dict[str, float | str | None]]]
) -> str:
    """Microseconds of processor time a node or point: median over the rounds, and the peak of memory."""
    unit = "point" if case == "points" else "node"
    heading = [f"{case}, µs a {unit}", *(f"{size:,}" for size in sizes), "grows as", "peak MiB", "× ours"]
    lines = ["| " + " | ".join(heading) + " |", "|---" * len(heading) + "|"]
    ours = _median(found["mezzotint", sizes[-1]])
    for system in SYSTEMS:
        medians = [_median(found[system, size]) for size in sizes]
        cells = [
            f"{median / size * 1e6:,.0f}" if median is not None else str(found[system, size][0].get("why"))
            for median, size in zip(medians, sizes, strict=True)
        ]
        exponent, last = "", medians[-1]
        if len(sizes) > 1 and last is not None and medians[-2] is not None:
            exponent = f"n^{math.log(last / medians[-2]) / math.log(sizes[-1] / sizes[-2]):.2f}"
        peaks = [float(entry["peak"] or 0) for entry in found[system, sizes[-1]] if "peak" in entry]
        ratio = f"{last / ours:.2f}" if last is not None and ours is not None else ""
        cells += [exponent, f"{max(peaks):,.0f}" if peaks else "", ratio]
        lines.append("| " + " | ".join([system, *cells]) + " |")
    return "\n".join(lines)


def _median(rounds: list[dict[str, float | str | None]]) -> float | None:
    times = [float(entry["cpu"] or 0) for entry in rounds if "cpu" in entry]
    return statistics.median(times) if len(times) == len(rounds) else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--nodes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--points", type=int, nargs="+", default=[1, 1000, 100_000])
    parser.add_argument("--limit", type=float, default=120, help="seconds that one run may take")
    parser.add_argument("--measure", nargs=3, metavar=("SYSTEM", "CASE", "SIZE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        system, case, size = arguments.measure
        print(json.dumps(measure(system, case, int(size))))
        return
    for case in CASES:
        sizes = {"chain": arguments.nodes, "fan-out": arguments.nodes[-1:], "points": arguments.points}[case]
        found: dict[tuple[str, int], list[dict[str, float | str | None]]] = {}
        for _ in range(arguments.rounds):
            for size in sizes:
                for system in SYSTEMS:
                    rounds = found.setdefault((system, size), [])
                    if not rounds or "why" not in rounds[0]:
                        rounds.append(measure_apart(system, case, size, arguments.limit))
        print(table(case, sizes, found), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
