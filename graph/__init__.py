"""The property graph of materials, papers and facts: not built yet."""

__all__: list[str] = []
