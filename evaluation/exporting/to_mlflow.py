"""A run for MLflow, in its own package: a server, a database, or a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from ...graphs.problem import fail
from .table_files import write_table
from .tracked import Tracked, check_package

#: MLflow takes parameters of at most this many letters, and this many of them at once.
_LONGEST = 6000
_AT_ONCE = 100


def to_mlflow(what: Tracked, experiment: str, name: str | None, *, uri: str | None) -> str:
    """Log a run, and give where it went.

    ``uri`` is a tracking URI, such as ``sqlite:///mlflow.db`` or ``http://…``, or a folder; without it what
    MLFLOW_TRACKING_URI says, or MLflow's own default. GraphError where the package isn't here or refuses.
    """
    check_package("mlflow", "mlflow")
    import mlflow
    from mlflow.exceptions import MlflowException

    uri = uri or os.environ.get("MLFLOW_TRACKING_URI")
    if uri and (uri.startswith("file:") or "://" not in uri):
        # MLflow refuses folders unless told that they are meant: whoever names one means it.
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    try:
        if uri:
            mlflow.set_tracking_uri(uri)
        mlflow.set_experiment(experiment)
        with mlflow.start_run(run_name=name or what.name) as run:
            _log(what)
    except (MlflowException, ImportError) as error:
        said = " ".join(str(error).split())
        raise fail(None, f"--to mlflow: {said}") from None
    return f"{mlflow.get_tracking_uri()}, run {run.info.run_id}"


def _log(what: Tracked) -> None:
    import tempfile

    import mlflow

    parameters = iter(_flat(what.config))
    while portion := dict(islice(parameters, _AT_ONCE)):
        mlflow.log_params(portion)
    numbers = iter(what.metrics(".").items())  # a folder keeps each in a file, so none may be below another
    while some := dict(islice(numbers, _AT_ONCE)):
        mlflow.log_metrics(some)
    for file in what.files:
        mlflow.log_artifact(str(file))
    for picture in what.pictures:
        mlflow.log_artifact(str(picture.path), f"pictures/{picture.output}")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "scores.csv"
        write_table(what.table, table, "csv")
        mlflow.log_artifact(str(table))


def _flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)[:_LONGEST]
