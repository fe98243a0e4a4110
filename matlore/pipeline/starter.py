"""The starter pack: what makes a fresh machine without internet useful at once."""

from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any

from matlore.errors import NotFoundError, UsageError
from matlore.home import Home

from .vectors import COUNTS_FILE, PAPERS_FILE, STARTER_VECTORS, resolve_vectors

__all__ = ["build_starter"]

MEGABYTE = 1_000_000
_CARD_BYTES = 100_000
_FILES = frozenset(["vectors.safetensors", "card.json", COUNTS_FILE, PAPERS_FILE])


def build_starter(
    home_path: Path,
    *,
    vectors: Path | None = None,
    ranking: Path | None = None,
    out: Path = STARTER_VECTORS,
    max_megabytes: float = 18.0,
    command: str | None = None,
) -> dict[str, Any]:
    """Make the starter pack's vectors and counts from those of a home.

    Args:
        home_path: a home with a corpus and vectors trained on it.
        vectors: a folder of vectors; None for the newest of the home.
        ranking: the folder of the reference list: its measures of the packed vectors go
            into the card.
        out: where the pack goes; an older pack there is replaced.
        max_megabytes: size of vectors and counts together at most.
        command: recorded in the card.

    Raises:
        NotFoundError: the home has no vectors, or no counts lie beside them.
        UsageError: `out` holds something else than a pack.
    """
    from embeddings.pack import pack_vectors

    home = Home.open(home_path)
    loaded = resolve_vectors(home_path, vectors=vectors)
    _check_target(out, loaded.path)
    counts, papers = loaded.counts, loaded.papers
    if counts is None or papers is None:
        raise NotFoundError(
            f"no counts beside {loaded.path}; make them with `matlore embeddings train`"
        )
    rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    counts.save(out / COUNTS_FILE)
    papers.save(out / PAPERS_FILE)
    used = sum(file.stat().st_size for file in out.iterdir()) + _CARD_BYTES
    packed = pack_vectors(loaded.vectors, max_bytes=int(max_megabytes * MEGABYTE) - used)
    corpus = {**packed.card.corpus, **_origin(home)}
    card = replace(packed.card, corpus=corpus, command=command)
    saved = replace(packed, card=card).save(out, quantize=True)
    if ranking is not None:
        card = replace(card, metrics=_metrics(home_path, out, ranking))
        saved = replace(packed, card=card).save(out, quantize=True)
    size = sum(file.stat().st_size for file in out.iterdir())
    return {
        "vectors": saved.card.id,
        "path": str(out),
        "words": len(saved),
        "output_vectors": len(saved.output_ids),
        "materials_counted": len(counts.materials),
        "megabytes": round(size / MEGABYTE, 2),
    }


def _check_target(out: Path, source: Path) -> None:
    """Refuse to delete what is no pack, and to make a pack from itself."""
    if out.resolve() == source.resolve():
        raise NotFoundError(
            f"{source}: no other vectors are at hand than the pack itself; train some with"
            " `matlore embeddings train`"
        )
    held = {file.name for file in out.iterdir()} if out.is_dir() else set()
    if foreign := held - _FILES:
        raise UsageError(f"--out {out}: holds something else ({min(foreign)}); name a new folder")


def _metrics(home_path: Path, packed: Path, ranking: Path) -> dict[str, Any]:
    """Return the measures of the packed vectors, as read back from their file."""
    from .evaluate import evaluate_vectors

    report: Any = evaluate_vectors(home_path, ranking=ranking, vectors=packed)
    return {
        "test_set": "the list of Tshitoyan et al. 2019 (mat2vec, MIT)",
        "ranking": [m for m in report["metrics"] if m["value"] is not None],
        "analogies": report["analogies"],
    }


def _origin(home: Home) -> dict[str, Any]:
    """Return the sources and licences of the papers of a home, with numbers of papers."""
    from .corpus import corpus_stats

    stats = corpus_stats(home.path)
    return {key: stats[key] for key in ("sources", "licenses")}
