"""Opening an index of a home to search it, and the encoder that it was made by."""

from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import NotFoundError, UsageError

from .index_record import index_folder
from .index_stats import index_encoder

if TYPE_CHECKING:
    from embeddings.encoders.base import TextEncoder
    from embeddings.index import SearchIndex

__all__ = ["load_index_encoder", "open_index"]

_MISSING = {
    "nodes": "load the graph with `matlore graph load`, then `matlore index build`",
}
_OTHERWISE = "`matlore index build` makes it where there is something for it"


def open_index(
    home_path: Path, collection: str, encoder: str | None = None
) -> "tuple[SearchIndex, str]":
    """Open an index of a home.

    Args:
        home_path: the data home.
        collection: which index.
        encoder: the name of its encoder, where it is not the one that was noted.

    Returns:
        The index, and the name of its encoder.

    Raises:
        NotFoundError: the home has no index, or not this one.
        ArtifactError: the index is damaged.
    """
    from embeddings.index import SearchIndex

    name = encoder or index_encoder(home_path)
    folder = index_folder(home_path, collection)
    if not folder.is_dir():
        how = _MISSING.get(collection, _OTHERWISE)
        raise NotFoundError(f"{home_path}: no index of {collection}; {how}")
    return SearchIndex.open(folder), name


def load_index_encoder(index: "SearchIndex", name: str) -> "TextEncoder":
    """Load the encoder of an index.

    Raises:
        ArtifactError: it cannot be loaded.
        UsageError: it is another one than the index was made with.
    """
    from embeddings.encoders.base import load_encoder

    loaded = load_encoder(name)
    if loaded.id != index.card.encoder:
        raise UsageError(
            f"the index was made by the encoder {index.card.encoder}, not by {loaded.id}: name"
            " that one with --encoder, or make the index anew with `matlore index build --replace`"
        )
    return loaded
