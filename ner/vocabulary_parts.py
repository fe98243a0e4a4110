"""What the tagger's vocabulary is chosen from: the parts of words that pieces are cut from."""

from collections import Counter
from typing import TYPE_CHECKING

from .model_words import piece_text

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["count_parts"]


def count_parts(words: Counter[str], tokenizer: "Tokenizer") -> Counter[str]:
    """Count the parts between blanks and marks that WordPieces are cut from.

    Args:
        words: words in their model form with their counts.
        tokenizer: what normalises and splits them.
    """
    parts: Counter[str] = Counter()
    assert tokenizer.normalizer is not None
    assert tokenizer.pre_tokenizer is not None
    for word, count in words.items():
        text = tokenizer.normalizer.normalize_str(piece_text(word))
        for part, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text):
            parts[part] += count
    return parts
