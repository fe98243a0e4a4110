"""What `matlore index stats` and `verify` tell of the indexes of a home, and how old they are."""

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from matlore.bert.files import write_whole
from matlore.errors import ArtifactError, GraphError, HomeError, MatloreError, NotFoundError
from matlore.home import Home

from .index_record import COLLECTIONS, BuiltIndex, index_folder, index_home, read_record
from .index_sources import (
    SamplePapers,
    has_papers,
    manifest_fingerprint,
    sample_fingerprint,
    text_part,
)
from .index_update import count_changes, known_texts

__all__ = ["index_encoder", "index_stats", "stale_papers", "verify_index"]

_STALE_FILE = "stale.json"


def index_encoder(home_path: Path) -> str:
    """Return the name by which the encoder of a home's indexes is loaded.

    Raises:
        NotFoundError: the home has no index.
        ArtifactError: the note of what was built is damaged.
    """
    record = read_record(home_path)
    if record.encoder is None:
        raise NotFoundError(f"{home_path}: no index yet; make one with `matlore index build`")
    return record.encoder


def index_stats(home_path: Path) -> dict[str, Any]:
    """Tell which indexes a home has.

    Returns:
        `home`, `encoder`; `indexes`: of each `collection` its `rows`, `encoder` (id), `size` of
        a vector, `kind` of FAISS index, `megabytes`, `made`, `corpus` it was made from, and
        `stale`: how many texts or papers are new, changed or gone since; null where the graph
        is on a server.

    Raises:
        NotFoundError: the home has no index.
        ArtifactError: a card is missing or damaged.
    """
    encoder = index_encoder(home_path)
    rows = [_index_row(home_path, name) for name in _built(home_path)]
    return {"home": str(home_path), "encoder": encoder, "indexes": rows}


def _built(home_path: Path) -> list[str]:
    found = [name for name in COLLECTIONS if index_folder(home_path, name).is_dir()]
    if not found:
        raise NotFoundError(f"{home_path}: no index yet; make one with `matlore index build`")
    return found


def _index_row(home_path: Path, collection: str) -> dict[str, Any]:
    from embeddings.index.card import load_card

    folder = index_folder(home_path, collection)
    card = load_card(folder)
    built = read_record(home_path).indexes.get(collection)
    return {
        "collection": collection,
        "rows": card.rows,
        "encoder": card.encoder,
        "size": card.size,
        "kind": card.kind,
        "megabytes": round(sum(map(_bytes, folder.rglob("*"))) / 1e6, 3),
        "made": card.built,
        "corpus": None if built is None else built.corpus,
        "stale": _stale(home_path, collection, built),
    }


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _stale(home_path: Path, collection: str, built: BuiltIndex | None) -> int | None:
    """Return how much of an index is no longer as what it was made from."""
    if collection == "papers":
        return stale_papers(home_path)
    if collection == "nodes":
        return _stale_nodes(home_path, built)
    from .index_sentences import FactSentences

    home = Home.open(home_path)
    if built is not None and built.fingerprint == manifest_fingerprint(home):
        return 0
    return count_changes(index_folder(home_path, collection), FactSentences(home)).todo


def _stale_nodes(home_path: Path, built: BuiltIndex | None) -> int | None:
    from graph.stores import open_store
    from graph.stores.base import is_neo4j

    from .graph_load import store_address
    from .index_nodes import GraphNodes, nodes_fingerprint

    address = store_address(home_path, None) if built is None else built.corpus
    if is_neo4j(address):
        return None
    store = open_store(address)
    try:
        info = store.info()
        if built and info and nodes_fingerprint(info) == built.fingerprint:
            return 0
        return count_changes(index_folder(home_path, "nodes"), GraphNodes(store)).todo
    except GraphError:
        return None
    finally:
        store.close()


def stale_papers(home_path: Path) -> int:
    """Count the papers that the index does not know as they are now: new, changed or gone.

    Takes about a millisecond where nothing was written to the home since the index was made, or
    since it was last counted. Papers that only have other materials since are not counted.

    Raises:
        ArtifactError: the index or its record is damaged.
    """
    built = read_record(home_path).indexes.get("papers")
    try:
        home = Home.open(home_path)
    except HomeError:
        return 0  # an index that was copied without its home
    sample = not has_papers(home)
    now = sample_fingerprint() if sample else manifest_fingerprint(home)
    if built is not None and built.fingerprint == now:
        return 0
    made = "" if built is None else built.made
    return _counted(home_path, now, made, sample)


@lru_cache(maxsize=8)
def _counted(home_path: Path, now: str, made: str, sample: bool) -> int:
    """Count once for each state of a home and of its index, also across processes."""
    note = index_home(home_path) / _STALE_FILE
    state = f"{now} {made}"
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(note.read_text(encoding="utf-8"))
        if kept["state"] == state and isinstance(kept["stale"], int):
            return kept["stale"]
    stale = _count(home_path, sample)
    with suppress(OSError):  # it is only read where it may not be written
        write_whole(note, (json.dumps({"state": state, "stale": stale}) + "\n").encode())
    return stale


def _count(home_path: Path, sample: bool) -> int:
    folder = index_folder(home_path, "papers")
    if sample:
        return count_changes(folder, SamplePapers()).todo
    known = known_texts(folder)
    stale, seen = 0, 0
    with Home.open(home_path).connect() as connection:
        for id, sha in connection.execute("SELECT id, text_sha FROM papers"):
            there = known.get(id)
            seen += there is not None
            stale += there is None or text_part(there) != text_part(sha)
    return stale + len(known) - seen


def verify_index(home_path: Path) -> dict[str, Any]:
    """Read all indexes of a home through, against the hashes in their cards.

    Returns:
        `home`, `ok`; `checks`: of each `collection` whether it is `ok`, its `rows`, and the
        `problem`, null where there is none.

    Raises:
        NotFoundError: the home has no index.
    """
    checks = [*_checks(home_path)]
    return {"home": str(home_path), "ok": all(one["ok"] for one in checks), "checks": checks}


def _checks(home_path: Path) -> Iterator[dict[str, Any]]:
    for collection in _built(home_path):
        rows, problem = _tried(index_folder(home_path, collection))
        yield {"collection": collection, "ok": problem is None, "rows": rows, "problem": problem}


def _tried(folder: Path) -> tuple[int | None, str | None]:
    """Return how many rows an index has, or what is wrong with it."""
    try:
        return _verified(folder), None
    except MatloreError as error:
        return None, str(error)


def _verified(folder: Path) -> int:
    """Return how many texts can be found in an index that is whole.

    Raises:
        ArtifactError: it is not.
    """
    from embeddings.index import SearchIndex

    with SearchIndex.open(folder) as index:
        index.verify()
        if len(index) != index.card.rows:
            raise ArtifactError(
                f"{folder}: {len(index)} rows, not the {index.card.rows} of its card: make it anew"
                " with `matlore index build --replace`"
            )
        return len(index)
