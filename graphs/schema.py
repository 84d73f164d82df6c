"""The JSON Schema of graph files, for editors: the grammar, and every node type by its declaration.

It says what can be said without looking anything up; names, axes and types of edges are for ``check``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from .entries import MAX_AXIS
from .grammar import LANGUAGE_VERSION, MAX_TIMEOUT
from .node_type import Keep, NodeType, Option, Port
from .types import INPUT_TYPES

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# Names may hold letters of any script, so patterns name what they can't hold: blanks and ASCII's signs but _.
_IN_NAME = r"[^\s!-/:-@\[-^`{-~]"
_NAME = rf"^(?![0-9]){_IN_NAME}{{1,100}}$"
_REFERENCE = rf"^\$(?![0-9]){_IN_NAME}+(\.({_IN_NAME}|-)+)?$"
_TEMPLATE = r"\$\{[^{}]+\}"

#: What the reserved words of a node hold; ``use`` is told apart by node type.
RESERVED_WORDS: dict[str, Schema] = {
    "over": {
        "description": "Of a reducer: the inputs whose axes it takes away. over: seed, over: [prompt, seed]",
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        ],
    },
    "by": {
        "description": "Of a reducer: the input or column that splits the set. by: row.category",
        "type": "string",
    },
    "keep": {
        "description": "What becomes of the items: kept in the store (disk), for one run (memory), or not.",
        "enum": list(get_args(Keep)),
    },
    "timeout": {
        "description": "Seconds that one call may take before it is given up and its items fail.",
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": MAX_TIMEOUT,
    },
    "note": {"description": "A remark for readers.", "type": "string"},
}

#: What an input given as a mapping may say.
INPUT_KEYS: dict[str, Schema] = {
    "each": {"$ref": "#/$defs/each"},
    "per": {"description": "Seeds of their own for each value of this input.", "type": "string"},
    "value": {"description": "A default that is itself a mapping; of an open graph, its file."},
    "type": {"description": "What its values are.", "enum": list(INPUT_TYPES)},
    "help": {"description": "What it is for.", "type": "string"},
    "min": {"description": "The least that it may be.", "type": "number"},
    "max": {"description": "The most that it may be.", "type": "number"},
    "graph": {
        "description": "Leaves a graph open, to be filled by a file from outside.",
        "type": "object",
        "properties": {key: {"type": "array", "items": {"type": "string"}} for key in ("inputs", "outputs")},
        "required": ["inputs", "outputs"],
        "additionalProperties": False,
    },
}

_COUNT: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_AXIS}
_FILE: Schema = {"type": "string", "minLength": 1}

#: Where the values of an axis come from, with what goes along with each source.
SOURCES: dict[str, dict[str, Schema]] = {
    "range": {"range": {"description": "Whole numbers from 0: so many of them.", **_COUNT}},
    "file": {
        "file": {"description": "A txt, csv, tsv, jsonl or parquet file, beside the graph.", **_FILE},
        "column": {"description": "The column to take; the whole record if left out.", "type": "string"},
    },
    "folder": {
        "folder": {"description": "A folder of images, with the text found for each.", **_FILE},
        "match": {"description": 'Which of them: "*.png", "**/*".', "type": "string"},
    },
    "zip": {
        "zip": {
            "description": "Several columns side by side: one axis of records.",
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/each"},
            "minProperties": 1,
        }
    },
}
LIMIT: Schema = {"description": "Take the first so many.", **_COUNT}


def graph_schema(types: Mapping[str, NodeType]) -> Schema:
    """The JSON Schema (draft 2020-12) of graph files that may use these node types, each by all its names."""
    named: dict[str, tuple[NodeType, list[str]]] = {}
    for name, declared in types.items():
        named.setdefault(declared.qualified, (declared, []))[1].append(name)
    entries = sorted(named.values(), key=lambda entry: _title(entry[1]))
    return {
        "$schema": DIALECT,
        "title": "mezzotint graph",
        "description": "An image pipeline: run over every prompt, seed and setting.",
        "type": "object",
        "properties": {
            "mezzotint": {"description": "The version of the language.", "const": LANGUAGE_VERSION},
            "description": {"description": "What the graph is for.", "type": "string"},
            "suite": {
                "description": "Of a benchmark: its title, its licence, where its prompts come from.",
                "type": "object",
            },
            "inputs": _named("Values from outside: defaults, axes, open graphs.", {"$ref": "#/$defs/input"}),
            "nodes": _named("What is made of what.", {"$ref": "#/$defs/node"}) | {"minProperties": 1},
            "outputs": _named("What a run delivers.", {"$ref": "#/$defs/reference"}) | {"minProperties": 1},
        },
        "required": ["nodes", "outputs"],
        "additionalProperties": False,
        "$defs": {
            "reference": {
                "description": "$name, $name.output or $row.column",
                "type": "string",
                "pattern": _REFERENCE,
            },
            "template": {"description": "Text with ${name} in it.", "type": "string", "pattern": _TEMPLATE},
            "each": _each(),
            "input": {
                "if": {"type": "object"},
                "then": {"properties": INPUT_KEYS, "additionalProperties": False},
            },
            "node": _node(entries),
            **{f"node:{_title(names)}": _of_type(declared) for declared, names in entries},
        },
    }


def _named(description: str, each: Schema) -> Schema:
    return {
        "description": description,
        "type": "object",
        "propertyNames": {"pattern": _NAME},
        "additionalProperties": each,
    }


def _each() -> Schema:
    sources = [
        {
            "type": "object",
            "properties": {**properties, "limit": LIMIT},
            "required": [source],
            "additionalProperties": False,
        }
        for source, properties in SOURCES.items()
    ]
    return {
        "description": "The values of an axis: a list, {range: n}, {file: F}, {folder: D} or {zip: {…}}.",
        "anyOf": [{"type": "array", "minItems": 1}, *sources],
    }


def _title(names: Iterable[str]) -> str:
    """The name that people write: the shortest."""
    return min(names, key=len)


# Nodes


def _node(entries: Iterable[tuple[NodeType, list[str]]]) -> Schema:
    """A node, told apart by ``use``: a graph file, an open graph, or a node type, pinned or not."""
    uses: list[Schema] = [
        {"const": "graph", "description": "Another graph file, as one node."},
        {"pattern": r"^\$", "description": "An open graph that is an input."},
    ]
    branches: list[Schema] = [
        {"if": _uses({"const": "graph"}), "then": _graph_file()},
        {"if": _uses({"pattern": r"^\$"}), "then": {"properties": {"note": RESERVED_WORDS["note"]}}},
    ]
    for declared, names in entries:
        written = "|".join(name.replace(".", r"\.") for name in sorted(names, key=len))
        pattern = rf"^({written})(@{declared.version})?$"
        uses.append({"const": _title(names), "description": declared.summary})
        uses.append({"pattern": pattern, "description": declared.summary})
        if declared.converts:
            older = "|".join(str(version) for version in sorted(declared.converts))
            uses.append(
                {"pattern": rf"^({written})@({older})$", "description": "An older version, converted."}
            )
        branch = {"if": _uses({"pattern": pattern}), "then": {"$ref": f"#/$defs/node:{_title(names)}"}}
        branches.append(branch)
    return {
        "type": "object",
        "properties": {"use": {"description": "The node type.", "type": "string", "anyOf": uses}},
        "required": ["use"],
        "allOf": branches,
    }


def _uses(what: Schema) -> Schema:
    return {"properties": {"use": {"type": "string", **what}}, "required": ["use"]}


def _graph_file() -> Schema:
    """A graph file as a node: its inputs are named in that file, so any key may stand here."""
    return {
        "properties": {
            "file": {"description": "The graph file, beside this one.", **_FILE},
            "note": RESERVED_WORDS["note"],
        },
        "required": ["file"],
    }


def _of_type(declared: NodeType) -> Schema:
    """A node of one type. A reducer says what it reduces; nothing else does."""
    words = {word: schema for word, schema in RESERVED_WORDS.items() if word not in ("over", "by")}
    if declared.is_reducer:
        words = RESERVED_WORDS
    required = [port.name for port in declared.ports if port.required]
    required += [option.name for option in declared.options if option.required]
    return {
        "description": declared.summary,
        "properties": {
            "use": True,
            **{port.name: _port(port) for port in declared.ports},
            **{option.name: _option(option) for option in declared.options},
            **words,
        },
        "required": [*required, *(["over"] if declared.is_reducer else [])],
        "additionalProperties": False,
    }


def _port(port: Port) -> Schema:
    reference: Schema = {"$ref": "#/$defs/reference"}
    kind = port.takes.name
    if port.many:
        taken: Schema = {"type": "array", "items": reference, "minItems": 1}
        kind = f"a list of {kind}"
    else:
        literal = port.takes.literal_schema()
        taken = reference if literal is None else {"anyOf": [reference, literal]}
    return {"description": _said(kind, port.help), **taken}


def _option(option: Option) -> Schema:
    """An option takes a value or a reference to an input; one of a few texts may be put together too."""
    schema = option.schema()
    schema.pop("default", None)
    taken: Schema = {"anyOf": [schema, {"$ref": "#/$defs/reference"}]}
    if any(isinstance(choice, str) for choice in option.choices):
        taken["anyOf"].append({"$ref": "#/$defs/template"})
    if not option.required:
        taken["default"] = option.default
    return {"description": _said(option.expected, option.help), **taken}


def _said(kind: str, help_text: str) -> str:
    return f"{kind}: {help_text}" if help_text else kind
