"""Text to mentions: tokens, formulas, the tagger and its training, linking, the corpus job."""

__all__: list[str] = []
