"""Word vectors, the ranking made from them and its evaluation."""

__all__: list[str] = []
