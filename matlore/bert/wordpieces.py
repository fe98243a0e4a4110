"""A WordPiece vocabulary cut to what science uses, made from that of a base model.

Most of the 30,522 pieces of BERT's vocabulary never occur in materials science, and words
that every abstract holds (`photoluminescence`) are cut into five. The new vocabulary keeps
the pieces that a sample of texts needs and adds its commonest words whole; an added word's
embedding starts as the mean of those of its old pieces.
"""

import json
import string
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from matlore.errors import ArtifactError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "CLS",
    "MASK",
    "PAD",
    "SEP",
    "SPECIAL",
    "UNKNOWN",
    "cut_vocabulary",
    "load_tokenizer",
    "old_pieces",
    "vocabulary_of",
    "wordpiece_tokenizer",
]

CLS, SEP, PAD, UNKNOWN, MASK = "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"
SPECIAL = (PAD, UNKNOWN, CLS, SEP, MASK)
_FEWEST_USES = 3


def wordpiece_tokenizer(vocabulary: Iterable[str]) -> "Tokenizer":
    """Return an uncased BERT tokenizer for pieces in this order, without special tokens."""
    from tokenizers import Tokenizer, decoders
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    ids = {piece: number for number, piece in enumerate(vocabulary)}
    tokenizer = Tokenizer(WordPiece(ids, unk_token=UNKNOWN, max_input_chars_per_word=100))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def load_tokenizer(folder: Path) -> "Tokenizer":
    """Read `tokenizer.json` of a model's folder, without padding and truncation.

    Raises:
        ArtifactError: it is missing or damaged.
    """
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the library raises bare exceptions
        raise ArtifactError(
            f"{path}: no tokenizer can be read from it ({error}); a model's folder needs one"
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def cut_vocabulary(parts: Counter[str], base: "Tokenizer", *, whole: int, size: int) -> list[str]:
    """Choose the pieces of a smaller vocabulary.

    Args:
        parts: what WordPieces are cut from, with counts: words without blanks and marks.
        base: the tokenizer of the base model.
        whole: how many of the commonest parts stay in one piece.
        size: pieces of the new vocabulary.

    Returns:
        Special tokens, single characters, whole parts, then the pieces of the base model
        that the other parts need most.
    """
    characters = sorted({c for part in parts for c in part if parts[part] >= _FEWEST_USES})
    known = base.get_vocab()
    singles = [c for c in characters if c in known or c in string.printable]
    kept = dict.fromkeys((*SPECIAL, *singles, *(f"##{c}" for c in singles)))
    commonest = sorted(parts.items(), key=lambda item: (-item[1], item[0]))
    for part, _ in commonest[:whole]:
        kept.setdefault(part)
    pieces: Counter[str] = Counter()
    for part, count in commonest[whole:]:
        for piece in base.encode(part, add_special_tokens=False).tokens:
            pieces[piece] += count
    for piece, _ in sorted(pieces.items(), key=lambda item: (-item[1], item[0])):
        if len(kept) >= size:
            break
        kept.setdefault(piece)
    return list(kept)


def old_pieces(vocabulary: Iterable[str], base: "Tokenizer") -> list[list[int]]:
    """Return for each new piece the numbers of the base model's pieces that it is made of."""
    known = base.get_vocab()
    unknown = known[UNKNOWN]
    found = []
    for piece in vocabulary:
        if piece in known:
            found.append([known[piece]])
        else:
            ids = base.encode(piece.removeprefix("##"), add_special_tokens=False).ids
            found.append(ids or [unknown])
    return found


def vocabulary_of(tokenizer: "Tokenizer") -> list[str]:
    """Return the pieces of a tokenizer in the order of their numbers."""
    vocabulary: dict[str, int] = json.loads(tokenizer.to_str())["model"]["vocab"]
    return sorted(vocabulary, key=vocabulary.__getitem__)
