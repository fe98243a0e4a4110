"""The graph's schema, declared once: labels, keys, properties with types, edges with their ends.

The stores make their tables, constraints and indexes from it, `graph stats` and the README's
table are printed from it, and the names in queries are checked against it. An edge is known by
its type and its two ends: there is one of a type between two nodes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

__all__ = [
    "SCHEMA",
    "SCHEMA_VERSION",
    "EdgeType",
    "GraphProperty",
    "GraphSchema",
    "NodeType",
    "ValueType",
]

SCHEMA_VERSION = 3


class ValueType(StrEnum):
    """The type of a property, the same in both stores; null where a thing is not known."""

    TEXT = "text"
    TEXTS = "texts"
    INTEGER = "integer"
    INTEGERS = "integers"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class GraphProperty:
    """A property of nodes or edges.

    Attributes:
        about: what it is, in a few words, with its unit where it has one.
    """

    name: str
    type: ValueType
    about: str


@dataclass(frozen=True, slots=True)
class NodeType:
    """A label; its nodes are known by their key, the first property, which is text."""

    label: str
    about: str
    properties: tuple[GraphProperty, ...]

    @property
    def key(self) -> str:
        """The name of the property by which nodes are known."""
        return self.properties[0].name


@dataclass(frozen=True, slots=True)
class EdgeType:
    """A type of edges, and the pairs of labels it goes between."""

    type: str
    about: str
    ends: tuple[tuple[str, str], ...]
    properties: tuple[GraphProperty, ...] = ()


@dataclass(frozen=True)
class GraphSchema:
    """All labels and all types of edges."""

    nodes: tuple[NodeType, ...]
    edges: tuple[EdgeType, ...]

    @cached_property
    def node_types(self) -> Mapping[str, NodeType]:
        """The node types by label."""
        return {node.label: node for node in self.nodes}

    @cached_property
    def edge_types(self) -> Mapping[str, EdgeType]:
        """The edge types by type."""
        return {edge.type: edge for edge in self.edges}

    def edge_tables(self) -> Iterator[tuple[EdgeType, str, str]]:
        """Yield each type of edges with the labels of each pair of ends."""
        for edge in self.edges:
            for source, target in edge.ends:
                yield edge, source, target


def _text(name: str, about: str) -> GraphProperty:
    return GraphProperty(name, ValueType.TEXT, about)


def _texts(name: str, about: str) -> GraphProperty:
    return GraphProperty(name, ValueType.TEXTS, about)


def _integer(name: str, about: str) -> GraphProperty:
    return GraphProperty(name, ValueType.INTEGER, about)


def _number(name: str, about: str) -> GraphProperty:
    return GraphProperty(name, ValueType.NUMBER, about)


def _boolean(name: str, about: str) -> GraphProperty:
    return GraphProperty(name, ValueType.BOOLEAN, about)


_SPANS = GraphProperty(
    "spans", ValueType.INTEGERS, "offsets into the paper's text: start, end, start, end, …"
)
_N_PAPERS = _integer("n_papers", "papers that mention it or state a fact of it")
_FIRST_YEAR = _integer("first_year", "year of the first of them")
_KNOWN = _boolean("in_vocabulary", "whether matlore's vocabulary has it")
_SYNONYMS = _texts("synonyms", "what else texts write for it")
_MODALITY = _text("modality", "observed, computed, attributed (to others) or denied")
_SCORE = _number("score", "how sure the extractor is, 0 to 1")
_LICENSE = _text("license", "of the metadata that it was read from")
_VERSION = _text("version", "of what made it")
_TEXT_SHA = _text("text_sha", "sha256 of the text that the spans point into")
_VECTORS = _text("vectors", "id of the word vectors")
_VARIABLE = _text("variable", "of its equation that the property stands for")


def _named(label: str, about: str, *more: GraphProperty) -> NodeType:
    key = _text("name", "the canonical name")
    return NodeType(label, about, (key, *more, _SYNONYMS, _KNOWN, _N_PAPERS, _FIRST_YEAR))


_COUNTED = (
    _integer("n_papers", "papers that say so; what some deny is not counted"),
    _integer("first_year", "year of the first of them"),
    _number("score", "that one of them was read rightly, if they err independently (noisy-or)"),
)
_OBJECTS = {
    "USED_IN": ("Application", "is used or proposed for"),
    "DOPED_WITH": ("Material", "is doped with"),
    "MADE_BY": ("Method", "is made by"),
    "MEASURED_BY": ("Method", "is measured or calculated by"),
    "HAS_PHASE": ("Phase", "has the symmetry or the phase"),
    "HAS_PROPERTY": ("Property", "is said to have, or studied for"),
}

SCHEMA = GraphSchema(
    nodes=(
        NodeType(
            "Paper",
            "a paper of the corpus",
            (
                _text("id", "the identifier under which it was first seen"),
                _text("title", "as received; null in the starter graph"),
                _integer("year", "of publication"),
                GraphProperty("date", ValueType.DATE, "of publication"),
                _text("venue", "journal or repository"),
                _text("doi", "without prefix, lower case"),
                _text("url", "of its page"),
                _text("license", "of its metadata and abstract"),
                _boolean("retracted", "whether it was retracted"),
                _number("relevance", "that it is about materials, 0 to 1"),
            ),
        ),
        NodeType(
            "Material",
            "a composition, a named material, or a family of compositions",
            (
                _text("id", "formula in normal form, or name:… or family:…"),
                _text("formula", "in normal form; null for names and families"),
                _text("name", "as it is shown: its commonest spelling"),
                _texts("names", "spellings seen, the commonest first"),
                _N_PAPERS,
                _FIRST_YEAR,
            ),
        ),
        NodeType("Element", "a chemical element", (_text("symbol", "such as Te"),)),
        _named(
            "Property",
            "a property or phenomenon",
            _text("unit", "in which lower and upper are; null where it has no values"),
            _text("symbol", "how it is usually printed; not unique"),
            _number("lower", "no value is physically below it"),
            _number("upper", "no value above it is known or to be expected"),
        ),
        _named("Application", "what materials are used for"),
        _named("Phase", "a crystal structure, symmetry or phase"),
        _named("Descriptor", "what a sample is: film, nanowire, doped …"),
        _named("Method", "synthesis or characterisation", _text("kind", "which of the two")),
        NodeType(
            "Quantity",
            "a value of a property of a material",
            (
                _text("id", "hash of what it says and where"),
                _number("value", "as written; the lower end of a range"),
                _number("value_max", "the upper end of a range, as written"),
                _number("std", "uncertainty, as written; of a derived one a standard deviation"),
                _text("comparator", "=, <, > or ~"),
                _text("unit", "as written; 1 for none"),
                _number("si_value", "value in si_unit"),
                _text("si_unit", "the SI unit of the property's dimension"),
                _texts("conditions", "such as `temperature = 300 K`"),
                _number("temperature", "at which it holds, K; null where none is given"),
                _number("pressure", "at which it holds, Pa; null where none is given"),
                _text("kind", "reported, aggregate, derived or predicted"),
                _number("lower", "of a predicted one: lower end of its interval, in unit"),
                _number("upper", "of a predicted one: upper end of its interval, in unit"),
                _number("level", "how often such intervals hold the true value: 0.9"),
                _boolean(
                    "in_domain",
                    "of a predicted one: whether material and conditions are like those that its"
                    " model learned from",
                ),
                _boolean("conflict", "true where it DISAGREES with another, or another with it"),
                _MODALITY,
                _SCORE,
                _text(
                    "source",
                    "the paper's id, or what the user named as the source; of a derived one the"
                    " only one that it is from, if there is only one",
                ),
                _LICENSE,
                _VERSION,
                _TEXT_SHA,
            ),
        ),
        NodeType(
            "Claim",
            "a statement of a paper about a material",
            (
                _text("id", "hash of what it says and where"),
                _text("type", "the type of the edge that counts it, or SAME_AS"),
                _MODALITY,
                _SCORE,
                _LICENSE,
                _VERSION,
                _TEXT_SHA,
            ),
        ),
        NodeType(
            "Model",
            "what derived or predicted a quantity",
            (
                _text("name", "of the model"),
                _text("kind", "equation, function, aggregation or regressor"),
                _text("about", "what it says"),
                _text("reference", "where it is from"),
                _text("version", "of the model"),
                _text("equation", "its text, for an equation; in the variables of USES"),
            ),
        ),
    ),
    edges=(
        EdgeType(
            "MENTIONS",
            "names",
            tuple(
                ("Paper", label)
                for label in (
                    "Material",
                    "Property",
                    "Application",
                    "Phase",
                    "Descriptor",
                    "Method",
                )
            ),
            (_integer("count", "how often"), _SPANS),
        ),
        EdgeType(
            "CONTAINS",
            "has in its composition",
            (("Material", "Element"),),
            (_number("fraction", "of its atoms, 0 to 1; null for families"),),
        ),
        EdgeType("HAS", "has the value", (("Material", "Quantity"),)),
        EdgeType("OF", "is a value of", (("Quantity", "Property"),)),
        EdgeType("REPORTED_IN", "is from", (("Quantity", "Paper"),), (_SPANS,)),
        EdgeType("BY", "was computed by", (("Quantity", "Model"),)),
        EdgeType(
            "USES",
            "was computed from",
            (("Quantity", "Quantity"),),
            (
                _text("variable", "of the model that it stands for; null in a mean"),
                _number("weight", "its share in a mean, 0 to 1: 0 for an outlier"),
            ),
        ),
        EdgeType(
            "DISAGREES",
            "was computed, and is at odds with what is reported",
            (("Quantity", "Quantity"),),
            (_number("difference", "computed less reported, over reported; null where that is 0"),),
        ),
        EdgeType("NEEDS", "takes, as it is written", (("Model", "Property"),), (_VARIABLE,)),
        EdgeType(
            "GIVES",
            "computes, from all others that it NEEDS or GIVES",
            (("Model", "Property"),),
            (_VARIABLE, _boolean("direct", "as it is written; false: by solving it")),
        ),
        EdgeType("SUBJECT", "is about", (("Claim", "Material"),)),
        EdgeType(
            "OBJECT",
            "says of it",
            tuple(
                ("Claim", label)
                for label in ("Material", "Property", "Application", "Phase", "Method")
            ),
        ),
        EdgeType("IN", "is from", (("Claim", "Paper"),), (_SPANS,)),
        *(
            EdgeType(type, about, (("Material", target),), _COUNTED)
            for type, (target, about) in _OBJECTS.items()
        ),
        EdgeType(
            "CANDIDATE_FOR",
            "is ranked for, by word vectors",
            (("Material", "Application"),),
            (
                _number("score", "cosine of the application's word and the material's output"),
                _integer("rank", "1 is the best"),
                _boolean("known", "whether a paper names both"),
                _VECTORS,
                _integer("trained_until", "last year of the texts they were trained on"),
            ),
        ),
        EdgeType(
            "SIMILAR_TO",
            "is used in like contexts as: the nearest ten",
            (("Material", "Material"),),
            (_number("cosine", "of the input vectors"), _VECTORS),
        ),
    ),
)
