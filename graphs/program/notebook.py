"""Results as a notebook shows them: pictures as a grid of thumbnails, everything else as tables.

Prompts, values and failures are strangers' text: all of it is escaped.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from ..drawing.checked_diagram import diagram
from ..drawing.svg import svg
from ..figures import interval_of, with_error
from ..items_table import point_of, without_paths
from ..problem import GraphError, shorten
from ..types import PortType

if TYPE_CHECKING:
    from ..check import CheckedGraph
    from ..running import Delivered
    from .outputs import OutputValues

#: How many thumbnails of an output are shown, and rows of a table: a notebook keeps them all in its file.
MOST_PICTURES = 50
MOST_ROWS = 50
#: Pixels along the longer side of a thumbnail. Smaller pictures are shown twice or more as large.
SIDE = 160
#: Letters of a caption, of a cell and of a failure that are shown; all of it is in the title.
CAPTION, CELL, FAILURE = 60, 80, 120

_STYLE = """<style>
.mezzotint { font: 13px/1.4 system-ui, sans-serif; }
.mezzotint h4 { margin: 12px 0 6px; font-size: 14px; }
.mezzotint .quiet { opacity: .7; font-weight: normal; }
.mezzotint .pictures { display: flex; flex-wrap: wrap; gap: 10px; }
.mezzotint figure { margin: 0; width: 160px; }
.mezzotint figure img, .mezzotint figure .absent { display: block; width: 160px; box-sizing: border-box; }
.mezzotint figure img { outline: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
.mezzotint figure img.small { image-rendering: pixelated; }
.mezzotint figure .absent { min-height: 160px; padding: 8px; border: 1px dashed #c94f45; overflow: hidden;
  overflow-wrap: anywhere; }
.mezzotint figcaption { font-size: 12px; overflow-wrap: anywhere; }
.mezzotint .flag { color: #8a5a00; background: #fdf0dc; border-radius: 3px; padding: 0 4px; }
.mezzotint .failed { color: #c94f45; }
.mezzotint table { border-collapse: collapse; font: inherit; }
.mezzotint th, .mezzotint td { text-align: left; padding: 3px 10px 3px 0; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); background: none; }
.mezzotint td.number, .mezzotint th.number { text-align: right; font-variant-numeric: tabular-nums; }
</style>"""


def html(outputs: Sequence[OutputValues]) -> str:
    """Outputs as HTML that stands alone: those that hold pictures one by one, the rest as a table an axes."""
    pictures = [values for values in outputs if _holds_pictures(values.kind)]
    parts = [f"{_heading([each])}{_pictures(each, MOST_PICTURES // len(pictures))}" for each in pictures]
    tables: dict[tuple[str, ...], list[OutputValues]] = {}
    for values in outputs:
        if values.kind.suffix is None:
            tables.setdefault(tuple(values.axes), []).append(values)
        elif values not in pictures:
            parts.append(
                f'{_heading([values])}<p class="quiet">{len(values):,} {escape(values.kind.name)}</p>'
            )
    for together in tables.values():
        # An input beside what is made of it is the first column already.
        beside = [values for values in together if values.name not in values.axes] or together
        parts.append(f"{_heading(beside)}{_table(beside)}")
    return f'{_STYLE}<div class="mezzotint">{"".join(parts)}</div>'


def graph_html(check: Callable[[], CheckedGraph]) -> str:
    """A graph drawn, or what its check finds wrong with it."""
    try:
        graph = check()
    except GraphError as error:
        return f'{_STYLE}<div class="mezzotint"><pre class="failed">{escape(str(error))}</pre></div>'
    drawn = svg(diagram(graph), graph.spec.name)
    return f'<div style="overflow-x: auto">{drawn}</div>'


def _holds_pictures(kind: PortType) -> bool:
    return type(kind).picture is not PortType.picture


def _heading(outputs: Sequence[OutputValues]) -> str:
    first = outputs[0]
    names = ", ".join(escape(values.name) for values in outputs)
    over = " × ".join(f"{axis} ({len(values)})" for axis, values in first.axes.items())
    return f'<h4>{names} <span class="quiet">{f"over {escape(over)}" if over else ""}</span></h4>'


def _more(count: int, shown: int, what: str) -> str:
    return f'<p class="quiet">and {count - shown:,} more {what}</p>' if count > shown else ""


# Pictures


def _pictures(values: OutputValues, most: int) -> str:
    shown = min(len(values), max(most, 1))
    figures = "".join(_figure(values, index, point) for index, point in _points(values, shown))
    return f'<div class="pictures">{figures}</div>{_more(len(values), shown, "pictures")}'


def _figure(values: OutputValues, index: int, point: Mapping[str, Any]) -> str:
    told = ", ".join(f"{axis}: {_text(value)}" for axis, value in point.items())
    made = values.at(index)
    if made.failure is not None:
        picture = f'<div class="absent">{_failure(made.failure)}</div>'
    else:
        picture = _thumbnail(values.kind.picture(made.item), told)
    captions = (
        f'<span class="quiet">{escape(axis)}</span> {escape(shorten(_text(value), CAPTION))}'
        for axis, value in point.items()
    )
    caption = f"<figcaption>{'<br>'.join(captions)}{_flags([made])}</figcaption>"
    return f'<figure title="{escape(told)}">{picture}{caption}</figure>'


def _thumbnail(picture: Any, told: str) -> str:
    """An ``img`` that carries its own picture: JPEG, or PNG of one so small that it is shown larger."""
    width, height = picture.size
    is_small = max(width, height) <= SIDE // 2
    content = io.BytesIO()
    if is_small:
        picture.save(content, "PNG")
    else:
        small = picture.convert("RGB")
        small.thumbnail((SIDE * 2, SIDE * 2))  # screens have two pixels for one, or more
        small.save(content, "JPEG", quality=85)
    data = base64.b64encode(content.getvalue()).decode()
    kind = "png" if is_small else "jpeg"
    style = ' class="small"' if is_small else ""
    return f'<img{style} src="data:image/{kind};base64,{data}" alt="{escape(told)}">'


# Tables


def _table(outputs: Sequence[OutputValues]) -> str:
    """Outputs with the same axes side by side, a row a point; the words about a row stand at its end."""
    first = outputs[0]
    shown = min(len(first), MOST_ROWS)
    made = [[values.at(index) for values in outputs] for index in range(shown)]
    flags = [_flags(row) for row in made]
    heads = [f"<th>{escape(axis)}</th>" for axis in first.axes]
    for column, values in enumerate(outputs):
        style = "number" if any(_is_number(row[column]) for row in made) else "text"
        heads.append(f'<th class="{style}">{escape(values.name)}</th>')
    rows = []
    for index, point in _points(first, shown):
        cells = [f"<td>{_cell(value)}</td>" for value in point.values()]
        cells += [_value(values.kind, one) for values, one in zip(outputs, made[index], strict=True)]
        rows.append(f"<tr>{''.join(cells)}{f'<td>{flags[index]}</td>' if any(flags) else ''}</tr>")
    head = f"<thead><tr>{''.join(heads)}{'<th></th>' if any(flags) else ''}</tr></thead>"
    return f"<table>{head}<tbody>{''.join(rows)}</tbody></table>{_more(len(first), shown, 'rows')}"


def _is_number(made: Delivered) -> bool:
    return made.failure is None and isinstance(made.item, (int, float)) and not isinstance(made.item, bool)


def _value(kind: PortType, made: Delivered) -> str:
    """A cell: a number with its interval, text, or a failure."""
    if made.failure is not None:
        return f"<td>{_failure(made.failure)}</td>"
    if _is_number(made):
        return f'<td class="number">{_number(made.item, kind.details(made.item))}</td>'
    cell = kind.cell(without_paths(made.item))
    return f"<td>{_cell(kind.name if cell is None else cell)}</td>"


def _failure(failure: str) -> str:
    said = escape(shorten(failure, FAILURE))
    return f'<span class="failed" title="{escape(failure)}">{said}</span>'


def _flags(made: Sequence[Delivered]) -> str:
    """Words about items, each of them once."""
    words = dict.fromkeys(word for one in made for word in one.flags)
    missing = max(one.missing for one in made)
    said = [*words, *([f"{missing:,} missing"] if missing else [])]
    return "".join(f' <span class="flag">{escape(word)}</span>' for word in said)


def _number(value: float, details: Mapping[str, Any]) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    told, interval = with_error(value, details.get("standard_error")), details.get("interval")
    if not interval:
        return told
    return f'{told} <span class="quiet" title="95 % interval">({interval_of(*interval)})</span>'


def _cell(value: Any) -> str:
    whole = _text(value)
    short = shorten(whole, CELL)
    return escape(short) if short == whole else f'<span title="{escape(whole)}">{escape(short)}</span>'


def _text(value: Any) -> str:
    """A value in a line: of a record its entries."""
    value = without_paths(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {entry}" for key, entry in value.items())
    return str(value)


def _points(values: OutputValues, shown: int) -> Iterator[tuple[int, dict[str, Any]]]:
    lengths = {axis: len(on_it) for axis, on_it in values.axes.items()}
    for index in range(shown):
        point = point_of(index, tuple(lengths), lengths)
        yield index, {axis: values.axes[axis][at] for axis, at in point.items()}
