"""Pictures a second: mezzotint beside a plain loop and a hand-written batched loop over diffusers' pipeline.

All run in one process with the same model, scheduler, steps, guidance, size and seeds, in rounds one after
another, so that a slow moment of the machine meets everybody; models are loaded and warm. Everybody encodes
the prompts, samples, decodes and writes a PNG for each; mezzotint also stores every item and leaves a run
folder with tables behind. That all draw the same pictures is checked.

    python benchmarks/throughput.py                      # 64 and 512 prompts, about half an hour
    python benchmarks/throughput.py --prompts 64 --rounds 3
    python benchmarks/throughput.py --prompts 16 --rounds 1 --steps 4    # a minute: does it work?
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy
import psutil
import torch
from PIL import Image

import mezzotint
from mezzotint.evaluation.extractors.clip_models import ClipModel
from mezzotint.graphs.profile import Profile
from mezzotint.graphs.program.graph import each
from mezzotint.graphs.running import Settings
from mezzotint.graphs.store import Store
from mezzotint.nodes.device import TorchDevice

GRAPH = """\
inputs: {{prompt: {{each: [a]}}, seed: 4, scale: 2}}
nodes:
  model:  {{use: load_model, source: starter}}
  text:   {{use: text_encode, model: $model, prompt: $prompt}}
  latent: {{use: sample, model: $model, conditioning: $text, seed: $seed, steps: {steps}, guidance: 3}}
  image:  {{use: decode, model: $model, latents: $latent}}
  big:    {{use: upscale, images: $image, scale: $scale}}
  clip:   {{use: clip_score, images: $image, text: $prompt}}
outputs: {{{outputs}}}
"""
OUTPUTS = {
    "draw": "images: $image",
    "draw and score": "images: $image, clip: $clip",
    "draw and enlarge": "images: $big",
}
SEED, GUIDANCE = 4, 3.0


def prompts(count: int) -> list[str]:
    """Prompts of the starter's world, all different."""
    sizes = ("", "small ", "large ")
    colors = ("red", "blue", "green", "yellow", "purple", "orange")
    shapes = ("circle", "square", "star", "heart", "triangle", "ring")
    things = [f"{color} {shape}" for color, shape in itertools.product(colors, shapes)]
    single = [f"a {size}{thing}" for size, thing in itertools.product(sizes, things)]
    pairs = [f"a {one} and a {other}" for one, other in itertools.combinations(things, 2)]
    return [*single, *pairs][:count]


class Mezzotint:
    """The graph above, into a run folder, with an empty store."""

    def __init__(self, steps: int, batch: Any) -> None:
        self.steps = steps
        self.batch = batch
        self.profile = Profile()

    def __call__(self, texts: Sequence[str], task: str, folder: Path) -> None:
        with Store(folder / "store") as store:
            self.run(texts, task, folder, store)

    def run(self, texts: Sequence[str], task: str, folder: Path, store: Store, **values: Any) -> None:
        path = folder / "graph.yaml"
        path.write_text(GRAPH.format(steps=self.steps, outputs=OUTPUTS[task]))
        self.profile = Profile()
        graph = mezzotint.load(path).given(prompt=each(list(texts)), **values)
        settings = Settings(batch=self.batch, tracer=self.profile)
        graph.run_to_folder(folder / f"run-{len(values)}", store=store, settings=settings)

    def shares(self) -> str:
        """Where the time of the last run went, as shares of it."""
        whole = self.profile.seconds
        own = [total for total in self.profile.totals if not total.background]
        parts = {total.name: total.seconds for total in own if total.kind == "node"}
        # What a script writes and encodes, too; all else is the price of being an engine.
        written = sum(total.seconds for total in own if total.name in ("store", "deliver", "tables", "wait"))
        parts["write"] = written
        parts["engine"] = whole - sum(parts.values())
        return ", ".join(f"{name} {seconds / whole:.1%}" for name, seconds in parts.items())


class Diffusers:
    """diffusers' pipeline by hand, in batches; one prompt at a time with a size of 1."""

    def __init__(self, steps: int, batch: int) -> None:
        self.steps = steps
        self.batch = batch

    def __call__(self, texts: Sequence[str], task: str, folder: Path) -> None:
        for start in range(0, len(texts), self.batch):
            part = list(texts[start : start + self.batch])
            with torch.inference_mode():
                pictures = pipeline()(
                    part,
                    generator=[torch.Generator().manual_seed(SEED) for _ in part],
                    num_inference_steps=self.steps,
                    guidance_scale=GUIDANCE,
                    output_type="pil",
                ).images
                if task == "draw and score":
                    self._score(pictures, part)
            for number, picture in enumerate(pictures, start):
                if task == "draw and enlarge":
                    wide, high = picture.size
                    picture = picture.resize((2 * wide, 2 * high), Image.Resampling.LANCZOS)
                picture.save(folder / f"{number:04d}.png")

    def _score(self, pictures: Sequence[Any], texts: Sequence[str]) -> list[float]:
        clip = ClipModel("starter").loaded
        pixels = numpy.stack([numpy.asarray(picture) for picture in pictures]).transpose(0, 3, 1, 2)
        of_images = clip.image_features(torch.from_numpy(pixels.astype("float32") / 255))
        of_texts = clip.text_features(texts)
        return (100 * torch.cosine_similarity(of_images, of_texts).clamp(min=0)).tolist()


_pipeline: list[Any] = []


def pipeline() -> Any:
    """The starter as diffusers loads it, once."""
    if not _pipeline:
        from diffusers import StableDiffusionPipeline

        folder = Path(mezzotint.__path__[0]) / "starter" / "weights" / "diffusion"
        loaded = StableDiffusionPipeline.from_pretrained(
            folder,
            torch_dtype=torch.float32,
            safety_checker=None,
            requires_safety_checker=False,
            use_safetensors=True,
        )
        loaded.set_progress_bar_config(disable=True)
        _pipeline.append(loaded)
    return _pipeline[0]


class PeakMemory:
    """The most memory that this process held while the context lasted, in MiB; asked for every few ms."""

    def __enter__(self) -> PeakMemory:
        self.peak = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._over.wait(0.01):
            self.peak = max(self.peak, process.memory_info().rss / 2**20)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def timed(work: Callable[[Path], Any]) -> tuple[float, float]:
    """Seconds and peak MiB of work in a new folder."""
    with tempfile.TemporaryDirectory() as folder, PeakMemory() as memory:
        started = time.perf_counter()
        work(Path(folder))
        seconds = time.perf_counter() - started
    return seconds, memory.peak


def best_batch(steps: int, sizes: Sequence[int]) -> int:
    """The size that serves the hand-written loop best."""
    texts = prompts(max(sizes))
    times: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(2):
        for size in sizes:
            work = Diffusers(steps, size)
            times[size].append(timed(lambda folder, work=work: work(texts, "draw", folder))[0])  # type: ignore[misc]
    return min(sizes, key=lambda size: min(times[size]))


def largest_difference(steps: int, batch: Any, size: int) -> int:
    """Of the pictures of both, in steps of 8 bits; more than rounding means that they draw otherwise."""
    texts = prompts(16)
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "other").mkdir()
        Mezzotint(steps, batch)(texts, "draw", folder)
        Diffusers(steps, size)(texts, "draw", folder / "other")
        ours = sorted((folder / "run-0" / "images" / "images").glob("*.png"))
        theirs = sorted((folder / "other").glob("*.png"))
        assert len(ours) == len(theirs) == len(texts)
        differences = [
            numpy.asarray(Image.open(one)).astype(int) - numpy.asarray(Image.open(other))
            for one, other in zip(ours, theirs, strict=True)
        ]
        return max(int(abs(difference).max()) for difference in differences)
    finally:
        shutil.rmtree(folder)


def spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def compare(count: int, task: str, steps: int, batch: Any, size: int, rounds: int, loop: int) -> None:
    """One table: pictures a second, round by round, and the ratio to the hand-written loop."""
    texts = prompts(count)
    ours = Mezzotint(steps, batch)
    contenders: dict[str, tuple[Callable[..., Any], list[str]]] = {
        "mezzotint": (ours, texts),
        f"batched loop by hand, {size} a batch": (Diffusers(steps, size), texts),
        "plain loop over the pipeline": (Diffusers(steps, 1), texts[:loop]),
    }
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    peaks: dict[str, float] = dict.fromkeys(contenders, 0.0)
    for _ in range(2):  # the best size for a batch is found before, on both sides
        timed(lambda folder: ours(texts, task, folder))
    for _ in range(rounds):
        for name, (draw, own) in contenders.items():
            seconds, peak = timed(lambda folder, draw=draw, own=own: draw(own, task, folder))  # type: ignore[misc]
            rates[name].append(len(own) / seconds)
            peaks[name] = max(peaks[name], peak)
    (_, (_, reference), _) = rates.items()
    print(f"\n{count} prompts, {steps} steps, {task}\n")
    print("| | pictures/s, median (min–max) | to the batched loop | peak RSS, MiB |\n|---|---|---|---|")
    for name, values in rates.items():
        ratios = [value / other for value, other in zip(values, reference, strict=True)]
        print(f"| {name} | {spread(values)} | {spread(ratios)} | {peaks[name]:.0f} |")
    print(f"\nmezzotint's time: {ours.shares()}", flush=True)


def rerun(count: int, steps: int, batch: Any, size: int, rounds: int) -> None:
    """After changing only the upscaler: what mezzotint takes, and what drawing it all again by hand takes."""
    texts = prompts(count)
    ratios = []
    for _ in range(rounds):
        by_hand = timed(lambda folder: Diffusers(steps, size)(texts, "draw and enlarge", folder))[0]
        with tempfile.TemporaryDirectory() as name, Store(Path(name) / "store") as store:
            ours = Mezzotint(steps, batch)
            ours.run(texts, "draw and enlarge", Path(name), store)
            started = time.perf_counter()
            ours.run(texts, "draw and enlarge", Path(name), store, scale=3.0)
            ratios.append(by_hand / (time.perf_counter() - started))
    print(f"\n{count} prompts after changing only the upscaler: {spread(ratios)} times faster than by hand")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--prompts", type=int, nargs="+", default=[64, 512], metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--steps", type=int, default=12, metavar="N")
    parser.add_argument(
        "--loop", type=int, default=16, metavar="N", help="prompts of the plain loop, at most"
    )
    parser.add_argument("--tasks", nargs="+", choices=[*OUTPUTS][:2], default=[*OUTPUTS][:2])
    parser.add_argument(
        "--batch",
        type=lambda text: text if text == "auto" else int(text),
        metavar="N|auto",
        default="auto",
        help="as in mezzotint run",
    )
    parser.add_argument(
        "--by-hand", type=int, metavar="N", help="batch of the hand-written loop; else the best"
    )
    given = parser.parse_args()
    TorchDevice().quiet()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["MEZZOTINT_CACHE"] = cache
        for warm in (Mezzotint(2, given.batch), Diffusers(2, 8)):
            timed(lambda folder, warm=warm: warm(prompts(8), "draw and score", folder))  # type: ignore[misc]
        size = given.by_hand or best_batch(given.steps, [8, 16, 32, 64])
        print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {psutil.cpu_count()} cores")
        difference = largest_difference(given.steps, given.batch, size)
        print(f"pictures differ by at most {difference} of 255")
        for count in given.prompts:
            for task in given.tasks:
                compare(count, task, given.steps, given.batch, size, given.rounds, given.loop)
            rerun(count, given.steps, given.batch, size, max(1, given.rounds // 2))


if __name__ == "__main__":
    main()
