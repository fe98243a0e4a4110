"""Makes the table of the elements' word vectors, from which descriptors are pooled."""

from pathlib import Path

from matlore.errors import InputError

from .vectors import STARTER_VECTORS

__all__ = ["write_element_vectors"]

MIN_COUNT = 30
"""A rarer element's vector is noise: it is left out."""


def write_element_vectors(folder: Path | None = None, *, vectors: Path = STARTER_VECTORS) -> Path:
    """Write the vectors of the elements' tokens as the table `vectors`, and its card.

    Args:
        folder: of the tables; None for those that ship.
        vectors: trained word vectors; the starter's by default.

    Returns:
        The file.

    Raises:
        InputError: the vectors know too few elements.
        ArtifactError: they cannot be read.
    """
    import numpy as np
    from safetensors.numpy import save

    from embeddings.vectors import WordVectors
    from graph.predictors import element_table_sources, element_tables

    folder = folder or Path(element_tables.__file__).parent / "elements"
    words = WordVectors.load(vectors)
    position = {word: row for row, word in enumerate(words.words)}
    symbols = element_tables.SYMBOLS
    known = [s for s in symbols if s in position and words.counts[position[s]] >= MIN_COUNT]
    if len(known) < len(symbols) // 2:
        raise InputError(f"{vectors}: vectors of {len(known)} elements only; train on more papers")
    values = np.full((len(symbols), words.card.dimension), np.nan)
    for symbol in known:
        values[element_tables.position_of()[symbol]] = words.input[position[symbol]]
    file = folder / "vectors.safetensors"
    file.write_bytes(save({"values": values.astype(np.float16)}))
    entry = {
        "file": file.name,
        "column": "word vector component",
        "elements": len(known),
        "source": f"word vectors {words.card.id} of matlore, trained on titles and abstracts",
        "licence": "MIT; the vectors' card names the papers' licences",
        "citation": "T. Mikolov et al., NIPS 26, 3111 (2013); matlore's own vectors",
        "note": f"float16; NaN for elements named fewer than {MIN_COUNT} times",
        "missing": [symbol for symbol in symbols if symbol not in known],
        "command": "python -m matlore.pipeline.element_vectors",
    }
    element_table_sources.write_card(folder, "vectors", entry)
    return file


if __name__ == "__main__":
    write_element_vectors()
