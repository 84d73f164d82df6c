"""``key.json``: which contestant made which picture of a rating page. It stays with whoever asks."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError, model_validator

from ...graphs.problem import fail

KEY = "key.json"


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeyPair(_Written):
    """One pair. ``pictures`` has the number of its contestant for the name of each picture."""

    pair: int
    prompt: str
    setting: str
    seed: str
    pictures: dict[str, NonNegativeInt]

    @property
    def contestants(self) -> tuple[int, int]:
        """The numbers of the two, the smaller first."""
        one, other = sorted(self.pictures.values())
        return one, other


class RatingKey(_Written):
    """What a page leaves out. ``page`` names the page, as its votes do; ``left_out`` counts pairs not asked
    about, by reason.
    """

    mezzotint: int = 1
    page: str
    question: str
    seed: int
    contestants: list[str]
    left_out: dict[str, NonNegativeInt]
    pairs: list[KeyPair]

    @model_validator(mode="after")
    def _consistent(self) -> RatingKey:
        for pair in self.pairs:
            if len(set(pair.pictures.values())) != 2 or max(pair.pictures.values()) >= len(self.contestants):
                raise ValueError(f"pair {pair.pair} is not of two of the {len(self.contestants)} contestants")
        if twice := [
            number for number, count in Counter(pair.pair for pair in self.pairs).items() if count > 1
        ]:
            raise ValueError(f"pair {twice[0]} is there twice")
        return self

    @cached_property
    def by_number(self) -> dict[int, KeyPair]:
        """The pairs by their numbers."""
        return {pair.pair: pair for pair in self.pairs}


def read_key(folder: Path) -> RatingKey:
    """The key in a folder that ``mezzotint rate`` made; GraphError where there is none or it is damaged."""
    path = folder / KEY
    try:
        return RatingKey.model_validate_json(path.read_bytes())
    except ValidationError as error:
        found = error.errors()[0]
        where = ".".join(map(str, found["loc"]))
        raise fail(
            None, f"{path} is no key of a rating page: {where + ': ' if where else ''}{found['msg']}"
        ) from None
    except FileNotFoundError:
        hint = (
            f"votes are counted with the folder that `mezzotint rate RUN RUN -o FOLDER` made; it has a {KEY}"
        )
        raise fail(None, f"{folder} has no {KEY}", hint) from None
    except OSError as error:
        raise fail(None, f"{path} can't be read: {error.strerror}") from None
