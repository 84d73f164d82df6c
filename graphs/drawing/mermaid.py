"""A diagram as Mermaid text, which GitHub and many editors draw."""

from __future__ import annotations

from .diagram import Box, Diagram

#: Brackets around a box's label: rounded inputs, plain nodes, hexagons for reducers, flags for outputs.
_SHAPES = {"input": ("([", "])"), "node": ("[", "]"), "reducer": ("{{", "}}"), "output": (">", "]")}
_CLASSES = (
    "classDef input fill:#eef3f8,stroke:#7a93ab,color:#223",
    "classDef node fill:#fff,stroke:#555,color:#111",
    "classDef reducer fill:#fdf0dc,stroke:#c07a1a,stroke-width:2px,color:#311",
    "classDef output fill:#e6f4ea,stroke:#3d8b57,color:#132",
)


def mermaid(diagram: Diagram) -> str:
    """The text of a flowchart from left to right."""
    lines = ["flowchart LR"]
    lines += [f"    {_box(box)}" for box in diagram.boxes.values()]
    for edge in diagram.edges:
        arrow = "-.->" if edge.is_option else "-->"
        label = f'|"{_escape(edge.label)}"|' if edge.label else ""
        lines.append(f"    {edge.source} {arrow}{label} {edge.target}")
    lines += [f"    {line}" for line in _CLASSES]
    return "\n".join(lines) + "\n"


def _box(box: Box) -> str:
    opening, closing = _SHAPES[box.kind]
    rows = [f"<b>{_escape(box.name)}</b>", _escape(box.about), _escape(box.axes)]
    return f'{box.id}{opening}"{"<br/>".join(row for row in rows if row)}"{closing}:::{box.kind}'


def _escape(text: str) -> str:
    """Mermaid's entity codes for what would end a label or be read as markup."""
    codes = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;"}
    return "".join(codes.get(letter, letter) for letter in text)
