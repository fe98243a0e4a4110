"""Papers in: sources, text cleaning, deduplication and the corpus on disk."""

from .clean import CLEANER_VERSION, clean_text

__all__ = ["CLEANER_VERSION", "clean_text"]
