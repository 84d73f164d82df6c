"""Print the tables of the starter's README: ``python -m mezzotint.starter.evaluate --pictures FOLDER``.

Contact sheets of failures, with a few successes, are written to the folder if one is given.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from . import measure
from .measure import Score
from .tasks import TASKS, Spec
from .world import Picture

PARTS = ("judge", "vae", "generator", "samplers", "clip")
SAMPLERS = (
    "DDIMScheduler",
    "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
    "DPMSolverMultistepScheduler",
    "UniPCMultistepScheduler",
    "PNDMScheduler",
)


def main() -> None:
    """Run the parts asked for (all by default)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help=f"of {', '.join(PARTS)}; all if none")
    parser.add_argument("--pictures", type=Path, help="where contact sheets go")
    parser.add_argument("-n", type=int, default=120, help="prompts a task")
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(args.threads)
    if args.pictures:
        args.pictures.mkdir(parents=True, exist_ok=True)
    run: dict[str, Callable[[], None]] = {
        "judge": judge,
        "vae": lambda: vae(args.pictures),
        "generator": lambda: generator(args.n, args.steps, args.guidance, args.pictures),
        "samplers": lambda: samplers(args.n, args.steps, args.guidance),
        "clip": clip,
    }
    for part in args.parts or PARTS:
        run[part]()


def judge(n: int = 1000) -> None:
    """How well the judge reads fresh scenes, and what blur and noise do to it."""
    examples = measure.fresh(n)
    changes: list[tuple[str, measure.Alter | None]] = [("as rendered", None)]
    changes += [(f"blur, σ = {sigma} px", measure.blurred(sigma)) for sigma in (0.5, 1.0, 1.5)]
    changes += [(f"noise, σ = {sigma} of 255", measure.noised(sigma)) for sigma in (8, 16, 32)]
    rows = []
    for name, alter in changes:
        score = measure.altered(examples if alter is None else examples[: n // 2], alter)
        rows.append((name, score, _slips(score)))
    _table(("fresh scenes", "read right", "mistakes"), rows)


def vae(folder: Path | None, n: int = 1000) -> None:
    """How well the judge reads the VAE's reconstructions."""
    score, error = measure.rebuilt(measure.load_pipeline().vae, measure.fresh(n))
    rows = [(f"mean squared error {error:.4f} on [-1, 1]", score, _slips(score))]
    _table(("reconstructions", "read right", "mistakes"), rows)
    if folder and score.failures:
        sheet(score.failures[:24], folder / "vae_failures.png")


def generator(n: int, steps: int, guidance: float, folder: Path | None) -> None:
    """How often the pictures show what held-out prompts ask for, task by task."""
    pipeline = measure.load_pipeline()
    rows: list[tuple[str, Score, str]] = []
    failures: list[tuple[Picture, str]] = []
    backdrops = Score()
    for task in TASKS:
        asked = measure.prompts(task, min(n, 100) if task == "single" else n)
        score, backdrop = measure.drawn(pipeline, asked, steps=steps, guidance=guidance)
        backdrops.right, backdrops.total = backdrops.right + backdrop.right, backdrops.total + backdrop.total
        rows.append((task, score, _slips(score)))
        failures += score.failures[:4]
    rows.append(("background, where named", backdrops, ""))
    for task in ("colors", "attribution"):
        asked = measure.prompts(task, min(n, 100) if task == "colors" else n, pairs="held_out")
        score, _ = measure.drawn(pipeline, asked, steps=steps, guidance=guidance)
        rows.append((f"{task}, held-out pairs", score, _slips(score)))
        if folder and score.failures:
            sheet(score.failures[:12], folder / f"{task}_held_out_failures.png")
    _table((f"held-out prompts, {steps} steps", "obeyed", "first thing wrong"), rows)
    if folder:
        if failures:
            sheet(failures[:24], folder / "failures.png")
        samples(pipeline, steps, guidance, folder / "samples.png")


def samples(pipeline: Any, steps: int, guidance: float, path: Path) -> None:
    """A contact sheet of the first held-out prompts of every task."""
    asked: list[tuple[Spec, str]] = [pair for task in TASKS for pair in measure.prompts(task, 4, seed=12)]
    import torch

    images = pipeline(
        [caption for _, caption in asked],
        num_inference_steps=steps,
        guidance_scale=guidance,
        generator=[torch.Generator().manual_seed(index) for index in range(len(asked))],
        output_type="np",
    ).images
    drawn = [(image * 255).round().astype(np.uint8) for image in images]
    sheet([(picture, caption) for picture, (_, caption) in zip(drawn, asked, strict=True)], path)


def samplers(n: int, steps: int, guidance: float) -> None:
    """The share of obeyed prompts with each of diffusers' samplers, over all tasks."""
    asked = [pair for task in TASKS for pair in measure.prompts(task, max(1, n // len(TASKS)))]
    rows = []
    for name in SAMPLERS:
        score, _ = measure.drawn(measure.load_pipeline(name), asked, steps=steps, guidance=guidance)
        rows.append((name, score, _slips(score)))
    _table((f"samplers, {steps} steps", "obeyed", "first thing wrong"), rows)


def clip() -> None:
    """The CLIP's retrieval over held-out captions, and whether its score falls when a caption is wrong."""
    scorer = measure.Scorer()
    by_picture, by_caption = measure.retrieval(scorer)
    _table(
        ("retrieval, 1 of 100", "right", ""),
        [("caption of a picture", by_picture, ""), ("picture of a caption", by_caption, "")],
    )
    rows = [
        (fault, score, f"{100 * right:.1f} to {100 * wrong:.1f}")
        for fault, (score, right, wrong) in measure.faults(scorer).items()
    ]
    _table(("one thing wrong in the caption", "score falls", "mean 100·cos, true to false"), rows)


def sheet(pictures: Sequence[tuple[Picture, str]], path: Path, across: int = 6, enlarge: int = 2) -> None:
    """Write pictures with their prompts beneath them as one PNG."""
    side = pictures[0][0].shape[0] * enlarge
    wide, high = side + 8, side + 42
    canvas = Image.new("RGB", (across * wide, -(-len(pictures) // across) * high), "white")
    draw = ImageDraw.Draw(canvas)
    for index, (picture, caption) in enumerate(pictures):
        x, y = index % across * wide + 4, index // across * high + 4
        canvas.paste(Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS), (x, y))
        draw.rectangle((x - 1, y - 1, x + side, y + side), outline="silver")
        lines = textwrap.wrap(caption, 23)[:3]
        draw.multiline_text((x, y + side + 2), "\n".join(lines), fill="black", font_size=10, spacing=1)
    # The last two bits hold little but the decoder's faint noise, and most of the file.
    canvas.point(lambda level: min(255, (level + 2) // 4 * 4)).save(path, optimize=True)


def _slips(score: Score) -> str:
    return ", ".join(f"{name} {count}" for name, count in score.slips.most_common(4))


def _table(head: tuple[str, str, str], rows: Sequence[tuple[str, Score, str]]) -> None:
    print(f"| {' | '.join(head)} |\n|---|---|---|")
    for name, score, note in rows:
        print(f"| {name} | {100 * score.share:.1f} % ({score.right} of {score.total}) | {note} |")
    print(flush=True)


if __name__ == "__main__":
    main()
