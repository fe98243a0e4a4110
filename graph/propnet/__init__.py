"""What follows from what is known: equations that connect properties, after propnet.

Symbols (properties with unit and bounds) and models (equations and functions) are data, in YAML
files; the engine derives values from those of a material, with uncertainty and provenance.
"""

__all__: list[str] = []
