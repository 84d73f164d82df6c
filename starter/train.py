"""Train the starter from nothing: ``python -m mezzotint.starter.train vae`` and so on, in the order of STAGES."""

from __future__ import annotations

import argparse
from pathlib import Path

STAGES = ("vae",)


def main() -> None:
    """Run one stage. It continues from its checkpoint, so the same command resumes after a stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--work-dir", type=Path, default=Path(".training"))
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(args.threads)
    from . import train_vae

    def say(line: str) -> None:
        print(line, flush=True)

    if args.stage == "vae":
        train_vae.train(args.work_dir, say=say)


if __name__ == "__main__":
    main()
