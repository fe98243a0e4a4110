"""Predictors by name, each in a folder, loaded when it is first asked for.

Nothing of LightGBM or numpy is loaded before that.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import Recipe
    from .predictor import PropertyPredictor

__all__ = ["PredictorFolders"]


class PredictorFolders(Mapping[str, "PropertyPredictor"]):
    """Predictors by name, each loaded when it is first asked for; cards are read on their own."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = dict(sorted(folders.items()))
        self._loaded: dict[str, PropertyPredictor] = {}
        self._recipes: dict[str, Recipe] = {}

    def __getitem__(self, name: str) -> "PropertyPredictor":
        """Return a predictor.

        Raises:
            ArtifactError: its files are damaged, or of another version.
        """
        if name not in self._loaded:
            from .predictor_files import load_predictor

            self._loaded[name] = load_predictor(self._folders[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._folders)

    def __len__(self) -> int:
        return len(self._folders)

    def card(self, name: str) -> Mapping[str, Any]:
        """Return the card of a predictor, without loading it.

        Raises:
            ArtifactError: the card is damaged.
        """
        from .predictor_files import read_card

        return read_card(self._folders[name])

    def recipe(self, name: str) -> "Recipe":
        """Return the recipe of a predictor, without loading it.

        Raises:
            ArtifactError: the card is damaged.
        """
        if name not in self._recipes:
            from .predictor_files import read_recipe

            self._recipes[name] = read_recipe(self._folders[name])
        return self._recipes[name]
