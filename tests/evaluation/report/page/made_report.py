"""Made-up reports for the page to show: what the writer writes, with numbers that are made here."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

from made_pictures import MESSAGE, write_pictures
from made_scores import comparison, scores
from made_sizes import HOSTILE, Made, categories

from mezzotint.evaluation.report.contract import (
    SCHEMA,
    Axis,
    FailureGroup,
    Failures,
    Output,
    Pass,
    Report,
    Run,
    Step,
)
from mezzotint.evaluation.report.folder import PAGE
from mezzotint.evaluation.report.scripts import script

GRAPH = """
<svg xmlns="http://www.w3.org/2000/svg" class="mezzotint-graph" viewBox="0 0 420 120">
<style>.mezzotint-graph text { font: 13px sans-serif; fill: var(--graph-ink); text-anchor: middle; }</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0 8 4 0 8Z" fill="var(--graph-line)"/></marker></defs>
<rect x="20" y="30" width="140" height="56" rx="28" fill="var(--graph-input)" stroke="black"/>
<text x="90" y="63">prompt</text>
<path d="M160 58 260 58" fill="none" stroke="var(--graph-line)" marker-end="url(#tip)"/>
<rect x="260" y="30" width="140" height="56" rx="4" fill="var(--graph-node)" stroke="var(--graph-node-line)"/>
<text x="330" y="63">text_encode</text><script>window.hurt = 1</script>
<foreignObject><p xmlns="http://www.w3.org/1999/xhtml" onclick="hurt = 1">never shown</p></foreignObject>
</svg>""".strip()
"""With parts that no drawing of ours has, and that must not get through."""


def write_report(folder: Path, made: Made) -> Path:
    """Write a report into ``folder``; returns its ``index.html``."""
    shutil.copytree(PAGE, folder, dirs_exist_ok=True)
    (folder / "data").mkdir()
    runs = [_run(folder, number, made) for number in range(made.runs)]
    report = Report(
        schema=SCHEMA,
        made="2026-11-24T10:00:00+00:00",
        version="0.1.0",
        title=HOSTILE[0] if made.hostile else " and ".join(run.label for run in runs),
        by="row.category",
        categories=categories(made.scenes()),
        runs=runs,
        scores=[score for number in range(made.runs) for score in scores(number, made)],
        comparison=comparison(made) if made.runs > 1 else None,
    )
    (folder / "data" / "report.js").write_bytes(script("window.mezzotint", report))
    return folder / "index.html"


def _run(folder: Path, number: int, made: Made) -> Run:
    name = f"sweep-{'abcdef'[number] * 8}"
    axes = {
        "prompt": Axis("unit", made.prompts, [], None),
        "seed": Axis("seed", made.seeds, ["prompt"], None),
        **{axis: Axis("setting", len(values), [], values) for axis, values in made.settings.items()},
    }
    scenes = made.scenes()
    prompts = [made.prompt(scenes, index) for index in range(made.prompts)]
    labels = {"prompt": prompts, "seed": list(range(made.seeds)), **made.settings}
    target = f"(window.mezzotint_labels = window.mezzotint_labels || {{}})[{number}]"
    (folder / "data" / f"labels-{number}.js").write_bytes(script(target, labels))
    failing = made.failing and made.images
    message = HOSTILE[1] if made.hostile else MESSAGE
    first = {"prompt": prompts[0], "seed": 1}
    failure = FailureGroup("latent", "mezzotint.sample@1", "ValueError", message, 1, first)
    return Run(
        id=name,
        name="sweep",
        digest=name[-8:],
        folder=name,
        label=HOSTILE[3] if made.hostile and number == 0 else name,
        description="How do guidance and steps change the scores?",
        suite={"name": "starter", "version": 1, "licence": "Apache-2.0"},
        complete=made.complete,
        pictures=math.prod(made.lengths),
        notes=[] if made.complete else ["Not finished: 12 of 96 items of sample are there."],
        axes=axes,
        outputs={
            "clip_score": _output("mezzotint.clip_score@2", list(axes), [], "higher"),
            "correct": _output("mezzotint.starter_judge@1", list(axes), [], "higher"),
            "fd": _output("mezzotint.fd@2", list(made.settings), ["prompt", "seed"], "lower"),
        },
        graph=GRAPH,
        history=[_pass(number, made)],
        failures=Failures(1, [failure]) if failing else Failures(0, []),
        flags={"blank": 2} if failing else {},
        images=[write_pictures(folder, number, name, list(axes), made)] if made.images else [],
    )


def _output(node: str, axes: list[str], over: list[str], better: str) -> Output:
    protocol = {"node": node, "extractor": "starter", "extractor.digest": "ab12cd34"}
    kind = "reduction" if over else "items"
    return Output(kind, node, "number", axes, over, better, protocol)  # type: ignore[arg-type]


def _pass(number: int, made: Made) -> Pass:
    return Pass(
        started="2026-11-24T09:58:00+00:00",
        finished="2026-11-24T10:00:00+00:00",
        seconds=118.2,
        complete=made.complete,
        made=803,
        steps=[
            Step("latent", "mezzotint.sample@1", 192, 81.0, 1, 0),
            Step("image", "mezzotint.decode@1", 191, 9.5, 0, 1),
        ],
        peak_memory=1234567890,
        environment={"mezzotint": "0.1.0", "torch": f"2.{9 + number}", "device": "cpu"},
    )
