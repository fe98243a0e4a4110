"""Texts as vectors: a small transformer, a static encoder, and anybody else's."""

__all__: list[str] = []
