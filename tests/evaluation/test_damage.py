"""Known damage moves the right metric the right way, and leaves the others alone.

One graph draws 120 scenes for each damage, 30 prompts by 4 seeds, and scores them against 120 real scenes of
the same prompts.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import mezzotint
from mezzotint.graphs.program.outputs import Results
from mezzotint.graphs.store import Store
from mezzotint.starter.tasks import TASKS, phrase, sample_spec

# + must rise, - must fall, = must not move, . says nothing. `within` is the diversity of a prompt's images;
# `judge` the share that the starter's judge finds correct; `copies` the share that is in the reference.
TABLE = """
                  fd kid cmmd precision recall density coverage vendi diversity within clip judge copies
fresh seeds       =  =   =    =         =      =       =        =     =         =      =    =     =
blur              +  +   +    .         -      -       .        =     -         .      -    -     =
noise             +  +   +    -         -      -       -        -     -         .      -    -     =
jpeg              +  +   +    =         =      .       =        =     =         .      -    -     =
dropped colours   +  +   +    .         -      -       -        -     -         =      -    -     =
mode collapse     +  +   +    +         -      +       -        -     -         -      -    -     =
swapped prompts   =  =   =    =         =      =       =        =     =         =      -    -     =
duplicated images +  +   +    =         -      =       .        -     =         -      =    =     =
copied reference  -  -   -    +         =      =       =        =     =         =      =    =     +
"""
#: More than this is a movement.
STEPS = {
    "fd": 5.0,
    "kid": 0.2,
    "cmmd": 0.05,
    "precision": 0.1,
    "recall": 0.1,
    "density": 0.15,
    "coverage": 0.1,
    "vendi": 1.0,
    "diversity": 0.03,
    "within": 0.05,
    "clip": 2.0,
    "judge": 0.1,
    "copies": 0.5,
}
HEADER, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
DAMAGES = [" ".join(row[: -len(HEADER)]) for row in ROWS]
CELLS = [
    pytest.param(damage, metric, sign, id=f"{damage}-{metric}")
    for damage, row in zip(DAMAGES, ROWS, strict=True)
    for metric, sign in zip(HEADER, row[-len(HEADER) :], strict=True)
    if sign != "."
]
GRAPH = """
inputs:
  damage: {each: [none, DAMAGES]}
  row: {each: {file: rows.jsonl}}
  seed: {each: {range: 4}}
  real_seed: {each: [1000, 1001, 1002, 1003]}
nodes:
  real: {use: render_scene, prompt: $row.prompt, seed: $real_seed}
  reals: {use: reference, images: $real, over: [row, real_seed]}
  drawn: {use: drawn_prompt, prompt: $row.prompt, other: $row.other, damage: $damage}
  which: {use: drawn_seed, seed: $seed, damage: $damage}
  scene: {use: render_scene, prompt: $drawn, seed: $which}
  image: {use: damaged, images: $scene, seed: $seed, damage: $damage}
  fd: {use: fd, images: $image, reference: $reals, over: [row, seed]}
  kid: {use: kid, images: $image, reference: $reals, extractor: starter, over: [row, seed]}
  cmmd: {use: cmmd, images: $image, reference: $reals, extractor: starter, over: [row, seed]}
  near: {use: precision_recall, images: $image, reference: $reals, over: [row, seed]}
  dense: {use: density_coverage, images: $image, reference: $reals, over: [row, seed]}
  vendi: {use: vendi, images: $image, over: [row, seed]}
  diversity: {use: diversity, images: $image, over: [row, seed]}
  pairs: {use: prompt_diversity, images: $image, prompt: $row.prompt, over: [row, seed]}
  matches: {use: clip_score, images: $image, text: $row.prompt}
  clip: {use: mean, number: $matches, over: [row, seed]}
  judged: {use: starter_judge, images: $image, prompt: $row.prompt}
  judge: {use: mean, number: $judged.correct, over: [row, seed]}
  nearest: {use: copies, images: $image, reference: $reals, threshold: 0.999}
  copies: {use: mean, number: $nearest.copy, over: [row, seed]}
outputs:
  {fd: $fd, kid: $kid, cmmd: $cmmd, precision: $near.precision, recall: $near.recall, density: $dense.density,
   coverage: $dense.coverage, vendi: $vendi, diversity: $diversity, within: $pairs.within, clip: $clip,
   judge: $judge, copies: $copies}
"""


def prompts(count: int) -> list[str]:
    """Different sentences of the world, of all six tasks."""
    rng = np.random.default_rng(0)
    found: dict[str, None] = {}
    while len(found) < count:
        found[phrase(sample_spec(rng, TASKS[len(found) % len(TASKS)]), rng)] = None
    return list(found)


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("damage")
    asked = prompts(30)
    rows = [{"prompt": one, "other": other} for one, other in zip(asked, asked[7:] + asked[:7], strict=True)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "graph.yaml").write_text(GRAPH.replace("DAMAGES", ", ".join(DAMAGES)))
    graph = mezzotint.load(folder / "graph.yaml", nodes=[Path(__file__).with_name("damage.py")])
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the networks are too small to gain by more
    with Store(folder / "store") as store:
        results = graph.run(store=store)
    torch.set_num_threads(threads)
    return results


@pytest.mark.parametrize(("damage", "metric", "sign"), CELLS)
def test_the_metric_moves_as_it_must(scores: Results, damage: str, metric: str, sign: str):
    moved = scores[metric][1 + DAMAGES.index(damage)] - scores[metric][0]
    step = STEPS[metric]
    assert sign == ("+" if moved > step else "-" if moved < -step else "="), f"moved by {moved:.4f}"


def test_undamaged_scenes_are_as_good_as_can_be(scores: Results):
    assert scores["judge"][0] == 1
    assert scores["coverage"][0] > 0.95
    assert scores["precision"][0] > 0.8
    assert scores["density"][0] == pytest.approx(1, abs=0.15)


def test_the_reference_itself_is_at_no_distance(scores: Results):
    itself = 1 + DAMAGES.index("copied reference")
    assert abs(scores["fd"][itself]) < 1e-3
    assert abs(scores["cmmd"][itself]) < 1e-6
    assert scores["precision"][itself] == scores["recall"][itself] == scores["coverage"][itself] == 1
