"""Which weights a CLIP name stands for, found without importing torch.

Names are ``starter``, ``clip:FOLDER`` (a folder in open_clip's layout), ``clip:ARCHITECTURE/FILE`` and
``clip:ARCHITECTURE/TAG`` (published weights, fetched only when a run asks for them).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...graphs.digest import cache_folder, digest_of, file_digest, files_digest
from ...graphs.problem import meant
from ...graphs.store import write_atomically
from ...nodes.hub import advice
from ...starter import CLIP
from .resize_rules import split_rule

ACCEPTED = (
    "expected 'starter', 'clip:ARCHITECTURE/TAG' such as clip:ViT-B-32/laion2b_s34b_b79k, "
    "'clip:ARCHITECTURE/FILE', or 'clip:FOLDER' in open_clip's layout"
)
LAYOUT = "open_clip_config.json"

#: Published weights of open_clip's architectures that it has no tag for; they learned what people prefer.
OWN_TAGS: dict[str, dict[str, dict[str, Any]]] = {
    "ViT-H-14": {
        "hps_v2_0": {"hf_hub": "xswu/HPSv2/HPS_v2_compressed.pt"},
        "hps_v2_1": {"hf_hub": "xswu/HPSv2/HPS_v2.1_compressed.pt"},
        "pickscore_v1": {"hf_hub": "yuvalkirstain/PickScore_v1/model.safetensors"},
    }
}


@dataclass(frozen=True)
class ClipSource:
    """Where a CLIP comes from: a folder that holds all of it, or an architecture and its weights.

    ``tag`` names published weights (where to fetch them, normalisation, resize rule); ``file`` is a local
    checkpoint, in open_clip's names or in transformers'.
    """

    name: str
    architecture: str
    folder: Path | None = None
    file: Path | None = None
    tag: str | None = None

    def files(self, *, fetch: bool = False) -> list[Path] | None:
        """The files that make up this CLIP, or None for published weights that aren't on this disk.

        Only ``fetch=True`` uses the network; it raises ValueError where that fails.
        """
        if self.folder is not None:
            return sorted(path for path in self.folder.iterdir() if path.is_file())
        if self.file is not None:
            return [self.file]
        assert self.tag is not None
        path = _fetched(self.entry()) or (_fetch(self.name, self.entry()) if fetch else None)
        return None if path is None else [path]

    def digest(self, *, fetch: bool = False) -> str | None:
        """32 hex digits of what this CLIP computes, or None for what is unknown until fetched."""
        files = self.files(fetch=fetch)
        if files is None:
            return None
        if self.folder is not None:
            return files_digest(files, self.folder)
        return digest_of([self.architecture, self.entry() if self.tag else None, file_digest(files[0])])

    def entry(self) -> dict[str, Any]:
        """The entry for the tag, in open_clip's form."""
        assert self.tag is not None
        found = _entry(self.architecture, self.tag)
        assert found is not None
        return dict(found)

    def embed_dim(self) -> int:
        """The dimension of the shared space of images and texts."""
        if self.folder is not None:
            config = json.loads((self.folder / LAYOUT).read_text(encoding="utf-8"))["model_cfg"]
        else:
            config = json.loads(_architectures()[self.architecture].read_text(encoding="utf-8"))
        return int(config["embed_dim"])


def clip_source(name: str) -> ClipSource:
    """What ``name`` stands for; raises ValueError, saying what is accepted, for a name that means nothing.

    A relative path is relative to the working directory. A resize rule after an ``@`` is the matter of the
    extractor of that name (:mod:`.clip_extractor`), and has no say here.
    """
    name, _ = split_rule(name)
    if name == "starter":
        return _folder(name, CLIP)
    scheme, _, rest = name.partition(":")
    if scheme != "clip" or not rest:
        raise ValueError(f"no model is named {name!r}; {ACCEPTED}")
    if (Path(rest) / LAYOUT).is_file():
        return _folder(name, Path(rest))
    architecture, _, weights = rest.partition("/")
    if architecture not in _architectures():
        if Path(rest).is_dir():
            raise ValueError(f"{name!r}: the folder holds no {LAYOUT}, so it isn't in open_clip's layout")
        near = meant(architecture, _architectures())
        raise ValueError(f"{name!r}: open_clip has no architecture {architecture!r}{near}; {ACCEPTED}")
    if not weights:
        raise ValueError(f"{name!r} names no weights; {ACCEPTED}")
    if Path(weights).is_file():
        return ClipSource(name, architecture, file=Path(weights))
    # A file of weights and a tag are told apart without asking open_clip, which would import torch.
    if Path(weights).suffix or "/" in weights:
        raise ValueError(f"{name!r}: there is no file {weights!r}; {ACCEPTED}")
    tag = weights.lower().replace("-", "_")  # as open_clip normalises them
    if _entry(architecture, tag) is None:
        known = ", ".join([*_tags(architecture), *OWN_TAGS.get(architecture, ())]) or "none"
        raise ValueError(f"{name!r}: {architecture} has no weights {weights!r} (it has {known}); {ACCEPTED}")
    return ClipSource(name, architecture, tag=tag)


def clip_digest(name: str, options: Mapping[str, Any], fetch: bool) -> str | None:
    """Resolves an option that names a CLIP, for :class:`~mezzotint.graphs.node.Content`."""
    return clip_source(name).digest(fetch=fetch)


def _folder(name: str, folder: Path) -> ClipSource:
    if not (folder / LAYOUT).is_file():
        raise ValueError(f"{name!r}: the folder {folder} holds no {LAYOUT}")
    return ClipSource(name, f"local-dir:{folder}", folder=folder)


@cache
def _architectures() -> dict[str, Path]:
    """open_clip's architectures and their files, looked up on disk, since importing it takes seconds."""
    spec = find_spec("open_clip")
    if spec is None or spec.origin is None:
        raise ValueError("open_clip isn't installed; install open_clip_torch to use CLIP models")
    return {path.stem: path for path in sorted((Path(spec.origin).parent / "model_configs").glob("*.json"))}


def _entry(architecture: str, tag: str) -> dict[str, Any] | None:
    """The entry of published weights in open_clip's form, or None where there are none of that tag."""
    return OWN_TAGS.get(architecture, {}).get(tag) or _tags(architecture).get(tag)


@cache
def _tags(architecture: str) -> dict[str, dict[str, Any]]:
    """open_clip's published weights of an architecture, by tag.

    The table lives in code that imports torch. It is written down once for each version of open_clip, so
    that planning a graph that names a tag imports no torch from then on.
    """
    noted = cache_folder() / "open_clip" / f"{version('open_clip_torch')}.json"
    try:
        table = json.loads(noted.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        import open_clip

        table = {}
        for known, tag in open_clip.list_pretrained():
            table.setdefault(known, {})[tag] = open_clip.get_pretrained_cfg(known, tag)
        with suppress(OSError):  # a cache that can't be written is done without
            write_atomically(noted, json.dumps(table).encode())
        table = json.loads(json.dumps(table))  # tuples become lists, as they will be when read back
    entries: dict[str, dict[str, Any]] = table.get(architecture, {})
    return entries


def _fetched(entry: Mapping[str, Any]) -> Path | None:
    """Where the weights of a tag lie on this disk already, looked for in the order that open_clip would."""
    if not entry.get("hf_hub"):
        path = Path("~/.cache/clip").expanduser() / str(entry["url"]).rsplit("/", 1)[-1]
        return path if path.is_file() else None
    from huggingface_hub import try_to_load_from_cache

    repository, _, filename = str(entry["hf_hub"]).rpartition("/")
    for candidate in _candidates(filename):
        found = try_to_load_from_cache(repository, candidate)
        if isinstance(found, str):
            return Path(found)
    return None


def _candidates(filename: str) -> list[str]:
    if not filename:
        return ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"]
    stem, dot, suffix = filename.rpartition(".")
    return [f"{stem}.safetensors", filename] if dot and suffix in ("bin", "pth") else [filename]


def _fetch(name: str, entry: Mapping[str, Any]) -> Path:
    from open_clip.pretrained import download_pretrained

    # It would tell of every attempt; what comes of them is said below.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        return Path(download_pretrained(dict(entry)))
    except Exception as error:  # whatever a hub client raises without a network
        hub, _, file = str(entry.get("hf_hub") or "").rpartition("/")
        why = advice(error, hub) if hub else f"{entry.get('url')} can't be had ({error})"
        where = f"{file or _candidates(file)[0]} of huggingface.co/{hub}" if hub else str(entry.get("url"))
        raise ValueError(
            f"the weights of {name!r} could not be fetched: {why}. They are {where}; "
            f"a file of them on this disk goes by {name.partition('/')[0]}/FILE"
        ) from error
