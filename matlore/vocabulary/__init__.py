"""What the field calls things, once for all of matlore.

The words themselves are in files beside this module, each with its format described at
its top: applications, properties, methods and phases, and the words of any abstract.
"""

from functools import lru_cache
from pathlib import Path

from .applications import Application, find_application, load_applications, read_applications
from .terms import Kind, MethodKind, Term, find_term, load_terms, read_terms

__all__ = [
    "Application",
    "Kind",
    "MethodKind",
    "Term",
    "find_application",
    "find_term",
    "load_applications",
    "load_stop_words",
    "load_terms",
    "read_applications",
    "read_terms",
]

STOP_WORDS_FILE = Path(__file__).with_name("stop_words.txt")


@lru_cache(maxsize=1)
def load_stop_words() -> frozenset[str]:
    """Return the words, in lower case, that an abstract on any subject may hold."""
    lines = STOP_WORDS_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
