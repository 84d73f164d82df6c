"""Train the starter from nothing, a stage at a time: ``python -m mezzotint.starter.train vae``.

Stages build on each other in the order vae, text, denoiser; clip stands alone; export writes the weights of
all that have run. A stage continues from its checkpoint, so the same command resumes it after a stop.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from . import models
    from .latents import Latents

STAGES = ("vae", "text", "denoiser", "clip", "export")


def say(line: str) -> None:
    """Print a line at once, so that a log can be followed."""
    print(line, flush=True)


def main() -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--work-dir", type=Path, default=Path(".training"), help="checkpoints and latents")
    parser.add_argument("--steps", type=int, help="steps in all; each stage has its own default")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(args.threads)
    length = {"steps": args.steps} if args.steps else {}
    if args.stage == "vae":
        from .train_vae import train as train_vae

        train_vae(args.work_dir, **length, say=say)
    elif args.stage == "text":
        from .train_text import train as train_text

        train_text(args.work_dir, **length, say=say)
    elif args.stage == "denoiser":
        from .train_denoiser import train as train_denoiser

        _, latents = _latents(args.work_dir)
        train_denoiser(args.work_dir, latents, _reader(args.work_dir), **length, say=say)
    elif args.stage == "clip":
        from .train_clip import train as train_clip

        train_clip(args.work_dir, **length, say=say)
    else:
        export(args.work_dir)


def export(work_dir: Path) -> None:
    """Write the models that have been trained to the package's folder of weights."""
    from . import export as write
    from . import loop, models
    from .train_denoiser import Painter

    if (work_dir / "denoiser.pt").exists():
        vae, latents = _latents(work_dir)
        vae.register_to_config(scaling_factor=latents.scaling_factor)
        painter = cast(Painter, loop.load_trained("denoiser", Painter(), work_dir, averaged=True))
        write.diffusion(vae, painter.text, painter.denoiser)
        say("wrote the diffusion models")
    if (work_dir / "clip.pt").exists():
        write.clip(loop.load_trained("clip", models.new_clip(), work_dir, averaged=True))
        say("wrote the CLIP")


def _latents(work_dir: Path) -> tuple[models.Autoencoder, Latents]:
    from . import loop, models
    from .latents import prepare

    vae = cast("models.Autoencoder", loop.load_trained("vae", models.new_vae(), work_dir, averaged=True))
    return vae, prepare(work_dir, vae, say=say)


def _reader(work_dir: Path) -> models.TextEncoder:
    from . import loop
    from .train_text import Reader

    return cast(Reader, loop.load_trained("text", Reader(), work_dir, averaged=True)).text


if __name__ == "__main__":
    main()
