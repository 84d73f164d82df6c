"""A run for Weights & Biases, in its own package; also offline, to be synced later."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ...graphs.problem import fail
from .tracked import Tracked, check_package


def to_wandb(
    what: Tracked,
    project: str,
    name: str | None,
    *,
    offline: bool,
    folder: Path | None,
) -> str:
    """Log a run, and give where it went: its address, or its folder.

    ``offline`` writes below ``folder`` only, as WANDB_MODE=offline does. GraphError where the package isn't
    here, or the service can't be reached or doesn't know who is asking.
    """
    check_package("wandb", "wandb")
    import wandb

    settings: dict[str, Any] = {"mode": "offline"} if offline else {}
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        settings["dir"] = str(folder)
    try:
        run = wandb.init(
            project=project,
            name=name or what.name,
            config=dict(what.config),
            settings=wandb.Settings(silent=True, console="off"),
            reinit="create_new",
            **settings,
        )
    except wandb.errors.Error as error:
        said = " ".join(str(error).split())
        raise fail(None, f"--to wandb: {said}", "log in by `wandb login`, or give --offline") from None
    with run:
        pictures: dict[str, list[Any]] = {}
        for picture in what.pictures:
            image = wandb.Image(str(picture.path), caption=picture.caption)
            pictures.setdefault(f"pictures/{picture.output}", []).append(image)
        columns = what.table.column_names
        rows = [[row[column] for column in columns] for row in what.table.to_pylist()]
        run.log({**what.metrics("/"), **pictures, "scores": wandb.Table(columns=columns, data=rows)})
        artifact = wandb.Artifact(re.sub(r"[^\w.-]", "_", what.name, flags=re.ASCII), type="run")
        for file in what.files:
            artifact.add_file(str(file))
        run.log_artifact(artifact)
        where = run.dir if run.offline else run.url
    return str(Path(where).parent if run.offline else where)
