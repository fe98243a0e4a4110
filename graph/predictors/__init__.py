"""Predictions of properties from descriptors, with honest intervals and a domain of their own.

`base` holds what the parts hand to one another. Nothing here is imported before it is needed.
"""

__all__: list[str] = []
