"""The graph as CSV for `neo4j-admin database import full`: the fast first load of a large graph.

Each table becomes a header file, with the types, and a compressed file of rows. Null is an empty
field and an empty text a quoted one, as the importer reads them; an empty list becomes null, as it
knows none. The files and `import.sh` can be
taken to the server; `schema.cypher` makes the constraints that the importer does not.
"""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import InputError

from .schema import GraphProperty, ValueType
from .stores.base import GraphInfo
from .stores.neo4j_queries import schema_queries
from .tables import GraphFolder, GraphTable, NodeTable, sql_path

if TYPE_CHECKING:
    import duckdb

__all__ = ["write_admin_csv"]

_TYPES = {
    ValueType.TEXT: "string",
    ValueType.TEXTS: "string[]",
    ValueType.INTEGER: "long",
    ValueType.INTEGERS: "long[]",
    ValueType.NUMBER: "double",
    ValueType.BOOLEAN: "boolean",
    ValueType.DATE: "date",
}
_LISTS = (ValueType.TEXTS, ValueType.INTEGERS)
_SEPARATOR = "chr(31)"  # U+001F, a control character made for this
_NOTE_HEADER = "name:string,load:string,made:string,schema_version:long,inputs:string"
_SCRIPT = """\
#!/bin/sh
# Makes the database neo4j, or the one that is named, out of the files beside this script, where
# there is none of that name. Run it on the server's machine, as its user, while the server is
# stopped; then start the server and run
#     cypher-shell --database neo4j --file schema.cypher
set -e
cd "$(dirname "$0")"
exec {command} "${{1:-neo4j}}"
"""


def write_admin_csv(
    tables: GraphFolder, folder: Path, *, info: GraphInfo | None = None
) -> list[str]:
    """Write the files for `neo4j-admin database import full`.

    Args:
        tables: the graph.
        folder: where the files go; those of the same names are replaced.
        info: of the load, so that `graph load` goes on from it; None where there will be none.

    Returns:
        The command to which the name of the database is added; its paths are relative to `folder`.
        It is in `import.sh` as well.

    Raises:
        InputError: a text has the character by which lists are separated.
    """
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    several_lines = False
    with duckdb.connect() as database:
        for table in tables.tables():
            several_lines |= _check(database, table, tables.file(table))
            _write(database, table, tables.file(table), folder)
    if info is not None:
        _write_note(info, folder)
    command = ["neo4j-admin", "database", "import", "full"]
    command += [*_inputs(tables, note=info is not None), *_options(several_lines)]
    text = _SCRIPT.format(command=" \\\n    ".join(shlex.quote(word) for word in command))
    (folder / "import.sh").write_text(text, encoding="utf-8")
    (folder / "import.sh").chmod(0o755)
    queries = "".join(f"{query};\n" for query in schema_queries())
    (folder / "schema.cypher").write_text(queries, encoding="utf-8")
    return command


def _options(several_lines: bool) -> list[str]:
    """Return how the files are written; what comes last must take one value, no list.

    Fields of several lines make the import slower, so they are allowed where there are any.
    """
    return [
        "--id-type=string",
        "--array-delimiter=U+001F",
        f"--multiline-fields={str(several_lines).lower()}",
    ]


def _inputs(tables: GraphFolder, *, note: bool) -> Iterator[str]:
    """Yield the options that name the files."""
    for table in tables.tables():
        files = f"{table.name}.header.csv,{table.name}.csv.gz"
        kind = "nodes" if isinstance(table, NodeTable) else "relationships"
        name = table.type.label if isinstance(table, NodeTable) else table.type.type
        yield f"--{kind}={name}={files}"
    if note:
        yield "--nodes=MatloreGraph=MatloreGraph.csv"


def _header(table: GraphTable) -> str:
    """Return the names and types of the columns; each label has its own space of ids."""
    if isinstance(table, NodeTable):
        keys = [f"{table.type.key}:ID({table.type.label})"]
    else:
        keys = [f":START_ID({table.source})", f":END_ID({table.target})"]
    return ",".join([*keys, *(f"{one.name}:{_TYPES[one.type]}" for one in table.properties)])


def _check(database: "duckdb.DuckDBPyConnection", table: GraphTable, path: Path) -> bool:
    """Tell whether a text of a table has several lines.

    Raises:
        InputError: one has the character that separates lists.
    """
    texts = [f'"{key}"' for key in table.keys]
    texts += [f'"{one.name}"' for one in table.properties if one.type is ValueType.TEXT]
    lists = [
        f"array_to_string(\"{one.name}\", '')"
        for one in table.properties
        if one.type is ValueType.TEXTS
    ]
    lines = " OR ".join(
        f"coalesce(contains({text}, chr(10)) OR contains({text}, chr(13)), false)"
        for text in [*texts, *lists]
    )
    separated = " OR ".join(f"coalesce(contains({text}, {_SEPARATOR}), false)" for text in lists)
    row = database.execute(
        f"SELECT bool_or({lines}), bool_or({separated or 'false'}) FROM read_parquet(?)",
        [str(path)],
    ).fetchone()
    assert row is not None
    if row[1]:
        raise InputError(
            f"a list in {path} has a text with the control character U+001F, which separates lists"
            " for neo4j-admin: remove it, or use `matlore graph load`"
        )
    return bool(row[0])


def _write(
    database: "duckdb.DuckDBPyConnection", table: GraphTable, path: Path, folder: Path
) -> None:
    """Write the header and the rows of a table."""
    header = folder / f"{table.name}.header.csv"
    header.write_text(_header(table) + "\n", encoding="utf-8")
    columns = [f'"{key}"' for key in table.keys]
    columns += [_column(one) for one in table.properties]
    rows = folder / f"{table.name}.csv.gz"
    database.execute(
        f"COPY (SELECT {', '.join(columns)} FROM read_parquet({sql_path(path)}))"
        f" TO {sql_path(rows)} (FORMAT csv, HEADER false, COMPRESSION gzip)"
    )


def _column(one: GraphProperty) -> str:
    """Return a property as the importer reads it."""
    name = f'"{one.name}"'
    if one.type in _LISTS:
        return f"array_to_string({name}, {_SEPARATOR})"
    if one.type is ValueType.NUMBER:  # as Java writes those that are no numbers
        text = f"CAST({name} AS VARCHAR)"
        return f"CASE WHEN isinf({name}) THEN replace({text}, 'inf', 'Infinity') ELSE {text} END"
    return name


def _write_note(info: GraphInfo, folder: Path) -> None:
    """Write the node that says what was loaded."""
    inputs = json.dumps(dict(info.inputs), sort_keys=True, ensure_ascii=False)
    values = ["graph", info.load, info.made, str(info.schema_version), inputs]
    fields = ",".join('"' + value.replace('"', '""') + '"' for value in values)
    text = f"{_NOTE_HEADER}\n{fields}\n"
    (folder / "MatloreGraph.csv").write_text(text, encoding="utf-8")
