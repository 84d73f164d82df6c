"""A diagram as an SVG picture."""

from __future__ import annotations

from xml.sax.saxutils import escape

from .diagram import Box, Diagram, Edge
from .layout import Layout, lay_out

_LETTER = 6.9  # width of a letter at 13 px, roughly: SVG can't ask
_MARGIN = 20.0
_GAP = 96.0
_HALF = 28.0
_TIP = 7.0
#: Every rule is about elements inside one of this class: a page may hold several pictures.
CLASS = "mezzotint-graph"

#: A name and its colours, on light and on dark paper. A page that shows the picture inline may set
#: ``--graph-NAME`` itself; an editor that knows no variables takes the light ones.
_COLOURS = {
    "ink": ("#1d2228", "#e8eaed"),
    "quiet": ("#4a525b", "#b4bac2"),
    "line": ("#8a929b", "#7d858e"),
    "paper": ("#ffffff", "#15181c"),
    "axes": ("#6b3fa0", "#c3a5f0"),
    "input": ("#eef3f8", "#1e2a36"),
    "input-line": ("#7a93ab", "#7f9dbb"),
    "node": ("#ffffff", "#1d2126"),
    "node-line": ("#555555", "#9aa1a9"),
    "reducer": ("#fdf0dc", "#36291a"),
    "reducer-line": ("#c07a1a", "#d99a45"),
    "output": ("#e6f4ea", "#1a2f21"),
    "output-line": ("#3d8b57", "#63b37f"),
}


def _colour(attribute: str, name: str) -> str:
    return f"{attribute}: {_COLOURS[name][0]}; {attribute}: var(--graph-{name});"


def _style() -> str:
    light, dark = (
        " ".join(f"--graph-{name}: {pair[shade]};" for name, pair in _COLOURS.items()) for shade in (0, 1)
    )
    rules = {
        "text": f"font: 13px system-ui, sans-serif; text-anchor: middle; {_colour('fill', 'ink')}",
        ".name": "font-weight: 600;",
        ".axes": f"font-size: 11px; {_colour('fill', 'axes')}",
        ".paper": _colour("fill", "paper"),
        ".edge": f"fill: none; stroke-width: 1.4; {_colour('stroke', 'line')}",
        ".option": "stroke-dasharray: 4 3;",
        ".tip": _colour("fill", "line"),
        ".label": f"font-size: 11px; paint-order: stroke; stroke-width: 4px; {_colour('fill', 'quiet')} "
        + _colour("stroke", "paper"),
        **{
            f".{kind} .shape": f"stroke-width: {2 if kind == 'reducer' else 1.3}; {_colour('fill', kind)} "
            + _colour("stroke", f"{kind}-line")
            for kind in ("input", "node", "reducer", "output")
        },
    }
    lines = [f".{CLASS} {{ {light} }}", f"@media (prefers-color-scheme: dark) {{ .{CLASS} {{ {dark} }} }}"]
    return "\n".join([*lines, *(f".{CLASS} {selector} {{ {rule} }}" for selector, rule in rules.items())])


def svg(diagram: Diagram, title: str) -> str:
    """The picture, as text of an SVG file that needs nothing else."""
    layout = lay_out(diagram)
    widths = _widths(diagram, layout)
    lefts = [_MARGIN]
    for width in widths:
        lefts.append(lefts[-1] + width + _GAP)
    middles = [left + width / 2 for left, width in zip(lefts, widths, strict=False)]
    bottom = max(layout.height.values(), default=0.0)
    points = [height for bends in layout.bends.values() for _, height in bends]
    total_width = lefts[-1] - _GAP + _MARGIN
    total_height = max([bottom, *points]) + _HALF + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{CLASS}" '
        f'viewBox="0 0 {total_width:.0f} {total_height:.0f}" '
        f'width="{total_width:.0f}" height="{total_height:.0f}">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_style()}\n</style>",
        '<rect class="paper" width="100%" height="100%"/>',
        f'<g transform="translate(0 {_MARGIN:.0f})">',
    ]
    drawn = [_edge(edge, diagram, layout, middles, widths) for edge in diagram.edges]
    parts += [path for path, _ in drawn]
    for name, box in diagram.boxes.items():
        column = layout.column[name]
        parts.append(_box(box, middles[column], layout.height[name], widths[column]))
    parts += [label for _, label in drawn if label]  # above all lines
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _widths(diagram: Diagram, layout: Layout) -> list[float]:
    widths = [0.0] * (max(layout.column.values(), default=0) + 1)
    for name, box in diagram.boxes.items():
        longest = max(len(box.name) * 1.08, len(box.about), len(box.axes) * 0.85)
        column = layout.column[name]
        widths[column] = max(widths[column], 28 + longest * _LETTER)
    return widths


def _box(box: Box, x: float, y: float, width: float) -> str:
    left, right = x - width / 2, x + width / 2
    if box.kind == "reducer":  # narrows to the right: many become one
        points = (
            f"{left:.1f},{y - _HALF:.1f} {right - 14:.1f},{y - _HALF:.1f} {right:.1f},{y:.1f} "
            f"{right - 14:.1f},{y + _HALF:.1f} {left:.1f},{y + _HALF:.1f}"
        )
        shape = f'<polygon class="shape" points="{points}"/>'
    else:
        radius = {"input": _HALF, "output": 12}.get(box.kind, 4)
        shape = (
            f'<rect class="shape" x="{left:.1f}" y="{y - _HALF:.1f}" width="{width:.1f}" '
            f'height="{2 * _HALF:.1f}" rx="{radius:g}"/>'
        )
    rows = [("name", box.name), ("about", box.about), ("axes", box.axes)]
    shown = [(style, text) for style, text in rows if text]
    first = y + 4.5 - 8.5 * (len(shown) - 1)
    texts = [
        f'<text class="{style}" x="{x:.1f}" y="{first + 17 * index:.1f}">{escape(text)}</text>'
        for index, (style, text) in enumerate(shown)
    ]
    return f'<g class="{box.kind}">{shape}{"".join(texts)}</g>'


def _edge(
    edge: Edge, diagram: Diagram, layout: Layout, middles: list[float], widths: list[float]
) -> tuple[str, str]:
    """The curve of an edge, and its label in the middle of its last stretch."""
    source, target = layout.column[edge.source], layout.column[edge.target]
    siblings = sorted(diagram.into(edge.target), key=lambda other: _enters(other, layout))
    spread = min(12.0, 2 * (_HALF - 6) / max(1, len(siblings)))
    offset = (siblings.index(edge) - (len(siblings) - 1) / 2) * spread
    start = (middles[source] + widths[source] / 2, layout.height[edge.source])
    end = (middles[target] - widths[target] / 2, layout.height[edge.target] + offset)
    path = [f"M{start[0]:.1f} {start[1]:.1f}"]
    at = start
    for column, height in layout.bends[edge]:
        left, right = middles[column] - widths[column] / 2, middles[column] + widths[column] / 2
        path.append(_curve(at, (left, height)))
        path.append(f"L{right:.1f} {height:.1f}")
        at = (right, height)
    path.append(_curve(at, end))
    style = "edge option" if edge.is_option else "edge"
    label = ""
    if edge.label:
        x, y = (at[0] + end[0]) / 2, (at[1] + end[1]) / 2 + 3.5
        label = f'<text class="label" x="{x:.1f}" y="{y:.1f}">{escape(edge.label)}</text>'
    x, y = end
    tip = f'<path class="tip" d="M{x:.1f} {y:.1f}l{-_TIP} {-_TIP / 2}v{_TIP}Z"/>'
    return f'<path class="{style}" d="{" ".join(path)}"/>{tip}', label


def _enters(edge: Edge, layout: Layout) -> float:
    bends = layout.bends[edge]
    return bends[-1][1] if bends else layout.height[edge.source]


def _curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    middle = (start[0] + end[0]) / 2
    return f"C{middle:.1f} {start[1]:.1f} {middle:.1f} {end[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
