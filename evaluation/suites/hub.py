"""Prompts from the Hugging Face Hub, when they are asked for: published files, or rows of a dataset."""

from __future__ import annotations

import logging
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

from ...graphs.problem import Place, fail
from ...nodes.hub import advice
from .about import CATEGORY, NUMBER, Form
from .files import Row

EXTRA = "pip install 'mezzotint[suites]'"


def lacks_package(form: Form) -> str:
    """What to install before a form can be fetched; empty where nothing is missing."""
    if form.file is None and find_spec("datasets") is None:
        return f"the package datasets: {EXTRA}"
    return ""


def fetch_files(form: Form, place: Place) -> list[Path]:
    """The published files of a form, in the hub's cache; GraphError says why they can't be had."""
    from huggingface_hub import HfApi, hf_hub_download

    assert form.hub is not None
    assert form.file is not None
    _hush()
    try:
        names = [form.file]
        if form.has_several_files:
            pattern = form.file.replace(CATEGORY, "*").replace(NUMBER, "*")
            listed = HfApi().list_repo_files(form.hub, repo_type="dataset")
            names = sorted(name for name in listed if fnmatch(name, pattern))
        return [Path(hf_hub_download(form.hub, name, repo_type="dataset")) for name in names]
    except Exception as error:  # the hub's client raises errors of half a dozen libraries
        raise fail(place, f"the prompts can't be fetched: {advice(error, f'datasets/{form.hub}')}") from None


def fetch_rows(form: Form, place: Place) -> list[Row]:
    """The rows of a dataset of the hub; GraphError says what is missing, or why they can't be had."""
    assert form.hub is not None
    if missing := lacks_package(form):
        raise fail(place, f"fetching {form.hub} needs {missing}", "or give the prompts by --data")
    _hush()
    import datasets

    try:
        table = datasets.load_dataset(form.hub, form.config, split=form.split)
    except Exception as error:  # as above, and of the library that reads the files
        raise fail(place, f"the prompts can't be fetched: {advice(error, f'datasets/{form.hub}')}") from None
    # Pictures in the table are not decoded: nobody asks for those columns.
    wanted = {*form.columns.values(), *([form.one_per] if form.one_per else [])} & set(table.column_names)
    if wanted:
        table = table.select_columns(sorted(wanted))
    where = Place(f"{form.hub} {form.config or ''} {form.split}".replace("  ", " "), 0)
    return [Row(dict(row), where, {}) for row in table]


def _hush() -> None:
    # It would tell of every attempt; what comes of them is said once.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
