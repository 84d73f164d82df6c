"""What a run made, as sequences, arrays and tables: nothing absent passes for a value."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy
import pytest

from mezzotint.graphs.program.outputs import OutputValues, Results
from mezzotint.graphs.running import Delivered
from mezzotint.graphs.types import BooleanType, IntegerType, NumberType, PortType, RecordType, TextType

AXES: dict[str, Any] = {"prompt": ["red", "blue"], "seed": range(2)}


class Sure(float):
    """A number that says how sure it is."""

    def __new__(cls, value: float, **about: Any) -> Sure:
        made = super().__new__(cls, value)
        made.about = about
        return made

    about: dict[str, Any]


class SureType(NumberType):
    """Such numbers."""

    def details(self, item: Sure) -> dict[str, Any]:
        return {"standard_error": None, "interval": None, **item.about}


def output(name: str, kind: PortType | None, items: Any, axes: Any = AXES, **about: Any) -> OutputValues:
    """An output with these items; an exception among them stands for a failure."""
    values = OutputValues(name, kind, axes)
    values.take(
        {
            index: Delivered(b"", failure=str(item))
            if isinstance(item, Exception)
            else Delivered(b"", item, **about)
            for index, item in enumerate(items)
        }
    )
    return values


@pytest.mark.parametrize(
    ("kind", "items", "dtype"),
    [
        (NumberType(), [0.5, 1.0, 2.0, 3.0], "float64"),
        (IntegerType(), [1, 2, 3, 4], "int64"),
        (BooleanType(), [True, False, True, True], "bool"),
        (TextType(), ["a", "b", "c", "d"], "object"),
        (RecordType(), [{"a": 1}] * 4, "object"),
        (None, [[1, 2], [3], "x", None], "object"),
    ],
)
def test_plain_values_are_an_array_of_what_they_are(
    kind: PortType | None, items: list[Any], dtype: str
) -> None:
    values = output("score", kind, items)
    assert values.numpy().dtype == dtype
    assert values.numpy().tolist() == items
    assert values.numpy().reshape(*values.shape).shape == (2, 2)


def test_numbers_are_no_tensor_and_it_says_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"torch.from_numpy\(output.numpy\(\)\)"):
        output("score", NumberType(), [1.0] * 4).tensor()


def test_an_output_that_is_not_there_is_told_with_the_nearest() -> None:
    results = Results({"images": output("images", NumberType(), [1.0], {})})
    with pytest.raises(KeyError, match=r"there is no output 'image'; did you mean 'images'\?"):
        results["image"]
    assert results.get("image") is None


def test_all_at_once_says_how_many_are_absent_and_why() -> None:
    values = output("score", NumberType(), [1.0, ValueError("it broke"), 2.0, ValueError("it too")])
    with pytest.raises(LookupError, match=r"2 of 4 score were not made, \[1\] since it broke"):
        values.numpy()
    assert values[2] == 2.0


def test_a_table_has_the_point_of_each_item_and_null_for_what_is_absent() -> None:
    values = output("score", NumberType(), [1.0, ValueError("it broke"), 2.0, 3.0], flags=("blank",))
    assert values.arrow().to_pylist()[:2] == [
        {
            "prompt.index": 0,
            "prompt": "red",
            "seed.index": 0,
            "seed": 0,
            "score": 1.0,
            "flags": "blank",
            "missing": 0,
            "failure": None,
        },
        {
            "prompt.index": 0,
            "prompt": "red",
            "seed.index": 1,
            "seed": 1,
            "score": None,
            "flags": "",
            "missing": 0,
            "failure": "it broke",
        },
    ]


def test_records_on_an_axis_are_a_column_a_column_and_paths_are_names() -> None:
    axes = {"row": [{"text": "red", "n": 1}, {"text": "blue", "image": Path("/far/away/b.png")}]}
    made = output("row", None, axes["row"], axes).arrow().to_pydict()
    assert made["row.text"] == ["red", "blue"]
    assert made["row.n"] == [1, None]
    assert made["row.image"] == [None, "b.png"]
    assert "/far" not in str(output("other", None, axes["row"], axes).arrow().to_pydict())


def test_a_score_that_says_how_sure_it_is_has_columns_for_that() -> None:
    items = [Sure(2.0, standard_error=0.5, interval=(1.0, 3.0)), Sure(4.0)]
    made = output("fd", SureType(), items, {"steps": [4, 8]}).arrow().to_pydict()
    assert made["fd"] == [2.0, 4.0]
    assert made["fd.standard_error"] == [0.5, None]
    assert (made["fd.low"], made["fd.high"]) == ([1.0, None], [3.0, None])


def test_outputs_with_the_same_axes_share_a_table() -> None:
    results = Results(
        {
            "clip": output("clip", NumberType(), [1.0, 2.0, ValueError("it broke"), 4.0]),
            "said": output("said", TextType(), ["a", "b", "c", "d"]),
            "prompt": output("prompt", None, ["red", "blue"], {"prompt": ["red", "blue"]}),
            "seed": output("seed", IntegerType(), [7, 8], {"prompt": ["red", "blue"]}),
            "mean": output("mean", NumberType(), [2.5], {}),
        }
    )
    tables = results.arrow()
    assert list(tables) == [("prompt", "seed"), ("prompt",), ()]
    both = tables["prompt", "seed"].to_pydict()
    assert (both["clip"], both["said"]) == ([1.0, 2.0, None, 4.0], ["a", "b", "c", "d"])
    assert both["failure"] == [None, None, "it broke", None]
    assert tables[()].to_pylist() == [{"mean": 2.5, "flags": "", "missing": 0, "failure": None}]
    assert tables[("prompt",)].column_names == [
        "prompt.index",
        "prompt",
        "seed",
        "flags",
        "missing",
        "failure",
    ]


def test_an_output_called_like_another_column_is_told_apart() -> None:
    assert "failure.output" in output("failure", TextType(), ["a"], {}).arrow().column_names


def test_a_data_frame_holds_the_same() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    values = output("score", NumberType(), [1.0, ValueError("it broke"), 2.0, 3.0])
    made = values.pandas()
    assert isinstance(made, pandas.DataFrame)
    assert numpy.isnan(made["score"][1])
    assert made.groupby("prompt")["score"].mean()["blue"] == 2.5
    assert list(Results({"score": values}).pandas()) == [("prompt", "seed")]


def test_without_pandas_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        output("score", NumberType(), [1.0] * 4).pandas()
