"""Text to mentions and facts: tokens and formulas."""

__all__: list[str] = []
