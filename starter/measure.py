"""Measurements: how well the judge reads, the models draw, and the CLIP tells captions apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from scipy import ndimage

from . import CLIP, DIFFUSION, dataset
from .captions import FAULTS, Fault, describe, falsify, holds
from .judge import background, detect, mistakes
from .tasks import Spec, Task, is_held_out, phrase, sample_spec
from .verdict import first_slip
from .world import Example, Picture, render, sample

Alter = Callable[[Picture, np.random.Generator], Picture]


@dataclass
class Score:
    """How many of ``total`` were right, what was mistaken, and pictures of failures with what was asked."""

    right: int = 0
    total: int = 0
    slips: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[Picture, str]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Right over total; NaN of none."""
        return self.right / self.total if self.total else float("nan")

    def add(self, ok: bool) -> None:
        """Count one."""
        self.right += ok
        self.total += 1


def fresh(n: int, seed: int = 5) -> list[Example]:
    """Examples that no training step has seen."""
    return [sample(np.random.default_rng((seed, 3_300_000, index))) for index in range(n)]


def blurred(sigma: float) -> Alter:
    """Blur a picture by a Gaussian of ``sigma`` pixels."""
    return lambda picture, _: ndimage.gaussian_filter(picture, (sigma, sigma, 0))


def noised(sigma: float) -> Alter:
    """Add Gaussian noise of ``sigma`` 8-bit levels to every channel."""

    def alter(picture: Picture, rng: np.random.Generator) -> Picture:
        return np.clip(picture + rng.normal(0, sigma, picture.shape), 0, 255).astype(np.uint8)

    return alter


def judged(examples: Sequence[Example], pictures: Iterable[Picture]) -> Score:
    """How many pictures the judge reads as all that their scene is: every shape, colour and size."""
    score = Score()
    for example, picture in zip(examples, pictures, strict=True):
        things = example.scene.objects
        wanted = Counter((o.shape, o.color, o.size) for o in things)
        ok = Counter((d.shape, d.color, d.size) for d in detect(picture)) == wanted
        score.add(ok)
        if not ok:
            slips = mistakes(picture, [(o.shape, o.color) for o in things])
            score.slips += slips or Counter({"size": 1})
            score.failures.append((picture, example.caption))
    return score


def altered(examples: Sequence[Example], alter: Alter | None = None) -> Score:
    """:func:`judged` on rendered scenes, after ``alter``."""
    rng = np.random.default_rng(0)
    pictures = (render(example.scene) for example in examples)
    return judged(examples, (alter(p, rng) if alter else p for p in pictures))


@torch.inference_mode()
def rebuilt(vae: Any, examples: Sequence[Example], batch: int = 50) -> tuple[Score, float]:
    """:func:`judged` on the VAE's reconstructions, and their mean squared error on [-1, 1]."""
    pictures: list[Picture] = []
    errors = []
    for at in range(0, len(examples), batch):
        originals = np.stack([render(example.scene) for example in examples[at : at + batch]])
        pixels = torch.from_numpy(dataset.to_unit(originals))
        drawn = vae.decode(vae.encode(pixels).latent_dist.mode()).sample
        errors.append((drawn - pixels).square().mean().item())
        levels = ((drawn.clamp(-1, 1) + 1) * 127.5).round().byte()
        pictures += list(levels.permute(0, 2, 3, 1).numpy())
    return judged(examples, pictures), float(np.mean(errors))


def prompts(
    task: Task, n: int, *, pairs: Literal["trained", "held_out"] = "trained", seed: int = 11
) -> list[tuple[Spec, str]]:
    """``n`` different prompts that training never used, with what they ask for."""
    rng = np.random.default_rng((seed, len(task)))
    found: dict[str, Spec] = {}
    for _ in range(200 * n):
        spec = sample_spec(rng, task, pairs=pairs)
        caption = phrase(spec, rng)
        if is_held_out(caption) or pairs == "held_out":
            found[caption] = spec
        if len(found) == n:
            return [(spec, caption) for caption, spec in found.items()]
    raise ValueError(f"there aren't {n} held-out prompts for {task!r}")


def load_pipeline(scheduler: str | None = None) -> Any:
    """The exported pipeline in single precision, with one of diffusers' schedulers by class name if given."""
    import diffusers

    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(DIFFUSION, torch_dtype=torch.float32)
    if scheduler is not None:
        # PNDM's Runge-Kutta start costs nine extra calls and fails with trailing steps; SD 1 skips it too.
        extra = {"skip_prk_steps": True} if scheduler == "PNDMScheduler" else {}
        pipeline.scheduler = getattr(diffusers, scheduler).from_config(pipeline.scheduler.config, **extra)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def drawn(
    pipeline: Any,
    asked: Sequence[tuple[Spec, str]],
    *,
    steps: int = 15,
    guidance: float = 3.0,
    seed: int = 0,
    batch: int = 50,
) -> tuple[Score, Score]:
    """Draw every prompt once: how many pictures obey, and of the named backgrounds how many are right."""
    score, backdrop = Score(), Score()
    for at in range(0, len(asked), batch):
        part = asked[at : at + batch]
        generators = [torch.Generator().manual_seed(seed + at + index) for index in range(len(part))]
        images = pipeline(
            [caption for _, caption in part],
            num_inference_steps=steps,
            guidance_scale=guidance,
            generator=generators,
            output_type="np",
        ).images
        for (spec, caption), image in zip(part, images, strict=True):
            picture = (image * 255).round().astype(np.uint8)
            slip = first_slip(spec, detect(picture))
            score.add(slip is None)
            if slip is not None:
                score.failures.append((picture, caption))
                score.slips[slip] += 1
            if spec.background:
                backdrop.add(background(picture) == spec.background)
    return score, backdrop


class Scorer:
    """The exported CLIP: cosines of pictures and captions."""

    def __init__(self) -> None:
        import open_clip
        from PIL import Image

        self._image = Image.fromarray
        self._model, _, self._preprocess = open_clip.create_model_and_transforms(f"local-dir:{CLIP}")
        self._tokenize = open_clip.get_tokenizer(f"local-dir:{CLIP}")
        self._model.eval()

    @torch.inference_mode()
    def images(self, pictures: Sequence[Picture]) -> torch.Tensor:
        """Unit embeddings ``[N, 128]``."""
        pixels = torch.stack([self._preprocess(self._image(picture)) for picture in pictures])
        found: torch.Tensor = self._model.encode_image(pixels, normalize=True)
        return found

    @torch.inference_mode()
    def texts(self, captions: Sequence[str]) -> torch.Tensor:
        """Unit embeddings ``[N, 128]``."""
        parts = [captions[at : at + 500] for at in range(0, len(captions), 500)]
        return torch.cat([self._model.encode_text(self._tokenize(list(p)), normalize=True) for p in parts])


def retrieval(scorer: Scorer, n: int = 500, choices: int = 100, seed: int = 6) -> tuple[Score, Score]:
    """How often a picture's own held-out caption beats ``choices - 1`` false ones, and the reverse."""
    rng = np.random.default_rng(seed)
    examples = fresh(n, seed)
    said = [describe(example.scene, rng, trained=False) for example in examples]
    images = scorer.images([render(example.scene) for example in examples])
    cosines = images @ scorer.texts([caption for _, caption in said]).T
    true = np.array([[holds(spec, example.scene) for spec, _ in said] for example in examples])
    by_picture, by_caption = Score(), Score()
    for score, table, same in ((by_picture, cosines, true), (by_caption, cosines.T, true.T)):
        for row in range(n):
            others = rng.permutation(np.flatnonzero(~same[row]))[: choices - 1]
            score.add(bool((table[row, row] > table[row, others]).all()))
    return by_picture, by_caption


def faults(scorer: Scorer, n: int = 300, seed: int = 7) -> dict[Fault, tuple[Score, float, float]]:
    """By fault: how often the false caption scores lower, and the mean cosines of true and false."""
    rng = np.random.default_rng(seed)
    pairs: dict[Fault, list[tuple[Picture, str, str]]] = {fault: [] for fault in FAULTS}
    index = 0
    while min(map(len, pairs.values())) < n:
        scene = sample(np.random.default_rng((seed, 3_300_000, index))).scene
        index += 1
        spec, caption = describe(scene, rng, trained=False)
        for fault in FAULTS:
            slip = falsify(spec, scene, rng, fault) if len(pairs[fault]) < n else None
            if slip is not None:
                pairs[fault].append((render(scene), caption, phrase(slip[1], rng)))
    results: dict[Fault, tuple[Score, float, float]] = {}
    for fault, rows in pairs.items():
        images = scorer.images([picture for picture, _, _ in rows])
        right = (images * scorer.texts([caption for _, caption, _ in rows])).sum(-1)
        wrong = (images * scorer.texts([caption for _, _, caption in rows])).sum(-1)
        score = Score(int((right > wrong).sum()), n)
        results[fault] = (score, right.mean().item(), wrong.mean().item())
    return results
