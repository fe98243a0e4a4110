"""The CSVs for `neo4j-admin`: by hand, and through the real importer into a real server."""

import gzip
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from graph_samples import SAMPLE, TABLES, Tables, changes, every_table, information, write_graph
from neo4j_server import Neo4jServer

from graph.export_admin import write_admin_csv
from graph.stores import Login
from graph.stores.neo4j_store import Neo4jStore
from graph.tables import GraphFolder
from matlore.errors import InputError

pytest_plugins = ("neo4j_fixtures", "store_fixtures")


def _lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return file.read().splitlines()


def test_headers_have_types_and_rows_are_quoted(tmp_path: Path) -> None:
    out = tmp_path / "out folder"
    command = write_admin_csv(write_graph(tmp_path / "graph", SAMPLE), out)
    assert command[:4] == ["neo4j-admin", "database", "import", "full"]
    assert "--nodes=Paper=Paper.header.csv,Paper.csv.gz" in command
    edges = "MENTIONS.Paper.Phase.header.csv,MENTIONS.Paper.Phase.csv.gz"
    assert f"--relationships=MENTIONS={edges}" in command
    assert "--multiline-fields=false" in command
    header = (out / "Paper.header.csv").read_text().strip()
    assert header.startswith("id:ID(Paper),title:string,year:long,date:date")
    assert _lines(out / "Paper.csv.gz")[1] == 'doi:10.1/b,"It\'s ""new""",2010,,,,,,,'
    header = (out / "MENTIONS.Paper.Material.header.csv").read_text().strip()
    assert header == ":START_ID(Paper),:END_ID(Material),count:long,spans:long[]"
    row = _lines(out / "MENTIONS.Paper.Material.csv.gz")[0]
    assert row == "doi:10.1/a,PbTe,2,0\x1f4\x1f10\x1f14"


def test_the_script_is_valid_shell(tmp_path: Path) -> None:
    write_admin_csv(write_graph(tmp_path / "graph", SAMPLE), tmp_path / "out")
    script = tmp_path / "out" / "import.sh"
    subprocess.run(["sh", "-n", str(script)], check=True)
    (tmp_path / "neo4j-admin").write_text('#!/bin/sh\nfor last; do :; done\necho "$last" $PWD\n')
    (tmp_path / "neo4j-admin").chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    done = subprocess.run([script, "a b"], env={"PATH": path}, capture_output=True, text=True)
    assert done.stdout.split() == ["a", "b", str(tmp_path / "out")]


def test_texts_of_several_lines_are_said_to_be(tmp_path: Path) -> None:
    for text, several in (("one", "false"), ("two\nlines", "true"), ("two\rlines", "true")):
        tables: Tables = {"Material": [{"id": "x", "names": [text]}]}
        command = write_admin_csv(write_graph(tmp_path / "graph", tables), tmp_path / "out")
        assert f"--multiline-fields={several}" in command


def test_the_separator_in_a_list_is_refused(tmp_path: Path) -> None:
    tables: Tables = {"Material": [{"id": "x", "names": ["a\x1fb"]}]}
    with pytest.raises(InputError, match=r"Material\.parquet.*U\+001F"):
        write_admin_csv(write_graph(tmp_path / "graph", tables), tmp_path / "out")


def test_what_is_imported_is_what_was_exported(new_neo4j: Neo4jServer, tmp_path: Path) -> None:
    folder = write_graph(tmp_path / "graph", every_table())
    info = information(home='it\'s "here"')
    out = tmp_path / "out"
    command = write_admin_csv(folder, out, info=info)
    new_neo4j.admin(*command[1:], "neo4j", folder=out)
    new_neo4j.start()
    with closing(Neo4jStore(new_neo4j.address, Login(password=new_neo4j.password))) as store:
        assert store.info() == info
        for name, table in TABLES.items():
            rows = [row for batch in store.batches(table) for row in batch.to_pylist()]
            assert rows == _expected(folder, name), name
        # A load goes on from it, and makes the constraints.
        store.apply(changes(tmp_path, added=SAMPLE), information("load-2"))
        assert store.run("SHOW CONSTRAINTS YIELD name RETURN count(*)").rows[0][0] > 10


def _expected(folder: GraphFolder, name: str) -> list[dict[str, object]]:
    """Return the rows of a table by key; the importer knows no empty lists."""
    table = TABLES[name]
    rows = [row for batch in folder.batches(table) for row in batch.to_pylist()]
    rows = [{name: None if value == [] else value for name, value in row.items()} for row in rows]
    return sorted(rows, key=lambda row: [row[key] for key in table.keys])
