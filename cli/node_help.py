"""All about one node type, as its declaration tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graphs.types import format_scalar

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from ..graphs.node_type import NodeType, Option

_KEPT = {
    "disk": "kept in the store",
    "memory": "kept in memory for the length of a run",
    "none": "not kept: made again by every run that needs it",
}


def show_node(declared: NodeType) -> None:
    """Write the help of a node type to stdout."""
    from rich.padding import Padding
    from rich.text import Text

    from .terminal import write

    summary, _, rest = declared.prose.partition("\n\n")
    parts: list[RenderableType] = [
        Text.assemble((declared.name, "bold"), "  ", (declared.qualified, "dim")),
        Text(summary.replace("\n", " ")),
    ]
    parts += [Text(f"\n{_reflowed(paragraph)}") for paragraph in rest.split("\n\n") if paragraph.strip()]
    for heading, rows in (
        ("Ports", _ports(declared)),
        ("Options", _options(declared)),
        ("Outputs", _outputs(declared)),
    ):
        if rows.row_count:
            parts += [Text(f"\n{heading}", style="bold"), Padding(rows, (0, 0, 0, 2))]
    parts += [Text(f"\n{facts(declared)}", style="dim"), Text("\nExample", style="bold")]
    parts.append(Padding(Text(example(declared)), (0, 0, 0, 2)))
    if declared.in_python:
        parts += [Text("\nIn Python", style="bold"), Padding(Text(declared.in_python), (0, 0, 0, 2))]
    write(*parts)


def _reflowed(paragraph: str) -> str:
    """A paragraph as one line, to be wrapped anew; a list or an example keeps its lines."""
    lines = paragraph.strip("\n").split("\n")
    keeps = any(line[:1] in " -*>" for line in lines)
    return "\n".join(lines) if keeps else " ".join(lines)


def _grid() -> Table:
    from rich.table import Table

    made = Table.grid(padding=(0, 3, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(max_width=44, overflow="fold")
    made.add_column(overflow="fold")
    return made


def _ports(declared: NodeType) -> Table:
    rows = _grid()
    for port in declared.ports:
        notes = []
        if port.name in declared.members:
            notes.append("the set that is reduced")
        if not port.required:
            notes.append("may be left out")
        if port.takes.reads:
            notes.append(f"also as a literal: {port.takes.reads}")
        kind = f"a list of {port.takes.name}" if port.many else port.takes.name
        if port.through is not None:
            notes.append(f"goes through {port.through.node_type.name}, or give it {port.type.name}")
        rows.add_row(port.name, kind, _said(port.help, notes))
    return rows


def _options(declared: NodeType) -> Table:
    rows = _grid()
    for option in declared.options:
        notes = ["required"] if option.required else [f"default {show_value(option.default)}"]
        if option.effort:
            notes.append("changes effort, not results")
        rows.add_row(option.name, option.expected, _said(option.help, notes))
    return rows


def _outputs(declared: NodeType) -> Table:
    rows = _grid()
    for name, kind in declared.outputs.items():
        rows.add_row(*([kind.name] if declared.single_output else [f".{name}", kind.name]))
    return rows


def _said(help_text: str, notes: list[str]) -> Any:
    from rich.text import Text

    noted = f"({', '.join(notes)})" if notes else ""
    return Text.assemble(help_text, " " if help_text and noted else "", (noted, "dim"))


def facts(declared: NodeType) -> str:
    """One line: version, what is kept, how many items a call takes."""
    stacks = all(kind.stacks for kind in declared.outputs.values()) or declared.is_reducer
    batch = f"up to {declared.batch} items a call" if stacks else "one item a call"
    reducer = "a reducer: it takes the axes away that over: names; " if declared.is_reducer else ""
    return f"{reducer}version {declared.version}; {_KEPT[declared.keep]}; {batch}"


def show_value(value: Any) -> str:
    """A default as a graph file writes it."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return value or "''"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(show_value(entry) for entry in value) + "]"
    return format_scalar(value) if isinstance(value, (bool, int, float)) else str(value)


def example(declared: NodeType) -> str:
    """A node of this type in a graph file, with what it needs and a first option or two."""
    lines = ["nodes:", f"  my_{declared.name}:", f"    use: {declared.name}"]
    for port in declared.ports:
        if port.required:
            lines.append(f"    {port.name}: " + (f"[${port.name}]" if port.many else f"${port.name}"))
    if declared.is_reducer:
        lines.append("    over: seed")
    for option in _telling(declared):
        if not option.required and option.default is not None:
            lines.append(f"    {option.name}: {_quoted(option.default)}")
        else:
            lines.append(f"    {option.name}: {_quoted(_placeholder(option))}")
    return "\n".join(lines)


def _telling(declared: NodeType) -> list[Option]:
    """The options an example shows: those that must be given, else the first two that change results."""
    required = [option for option in declared.options if option.required]
    optional = [
        option for option in declared.options if not option.effort and option.default not in (None, "")
    ]
    return required or [option for option in optional if not option.required][:2]


def _placeholder(option: Option) -> Any:
    if option.choices:
        return option.choices[0]
    schema = option.schema()
    samples = {"string": "…", "integer": 1, "number": 1.0, "boolean": True, "array": []}
    return schema.get("minimum", samples.get(schema.get("type", ""), "…"))


def _quoted(value: Any) -> str:
    import yaml

    dumped: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1000)
    return dumped.removesuffix("\n").removesuffix("...").strip()
