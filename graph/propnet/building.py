"""Symbols and models of several files brought together: none may replace another."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from matlore.errors import InputError
from matlore.vocabulary.entries import folded

from .base import Model
from .definitions import check_instead, make_model, make_symbol, vocabulary_symbols
from .model_files import ModelEntry, SymbolEntry, shortened

__all__ = ["MODELS_FOLDER", "LibraryBuilder"]

MODELS_FOLDER = Path(__file__).with_name("models")
"""The files that ship with matlore."""


class LibraryBuilder:
    """Symbols and models as they come together, and which file each is from.

    Attributes:
        symbols: by name; those of the vocabulary from the beginning.
        models: by name.
        symbol_files: of the symbols that a file has an entry for.
        model_files: of all models.
    """

    def __init__(self) -> None:
        self.symbols = vocabulary_symbols()
        self.models: dict[str, Model] = {}
        self.symbol_files: dict[str, Path] = {}
        self.model_files: dict[str, Path] = {}
        self._spellings: dict[str, str] = {}  # of new symbols, to their names
        self._model_names: dict[str, str] = {}  # folded, to the names

    def copy(self) -> "LibraryBuilder":
        """Return another that may be added to without changing this one."""
        made = LibraryBuilder.__new__(LibraryBuilder)
        for name, value in vars(self).items():
            setattr(made, name, dict(value))
        return made

    def add_symbols(self, files: Iterable[tuple[Path, Sequence[SymbolEntry]]]) -> None:
        """Add the symbols of files, and check what they say of one another.

        Raises:
            InputError: entries are wrong; each line of the message names one.
        """
        problems: list[str] = []
        earlier = set(self.symbol_files)
        for path, entries in files:
            for entry in entries:
                with _noting(problems, f"{path}: symbol {entry.name!r}"):
                    self._add_symbol(entry, path)
        for name, path in self.symbol_files.items():
            if name not in earlier:
                with _noting(problems, f"{path}: symbol {name!r}"):
                    check_instead(self.symbols[name], self.symbols)
        _refuse(problems)

    def add_models(self, files: Iterable[tuple[Path, Sequence[ModelEntry]]]) -> None:
        """Add the models of files; the symbols must be there.

        Raises:
            InputError: entries are wrong; each line of the message names one.
        """
        problems: list[str] = []
        for path, entries in files:
            for entry in entries:
                with _noting(problems, f"{path}: model {entry.name!r}"):
                    self._add_model(entry, path)
        _refuse(problems)

    def _add_symbol(self, entry: SymbolEntry, path: Path) -> None:
        if first := self.symbol_files.get(entry.name):
            raise InputError(f"{_whose(first)} has an entry for it; leave this one out")
        symbol = make_symbol(entry)
        if not symbol.in_vocabulary:
            for spelling in (symbol.name, *symbol.synonyms):
                owner = self._spellings.setdefault(folded(spelling), symbol.name)
                if owner != symbol.name:
                    raise InputError(f"{spelling!r} names the symbol {owner!r} too; leave it out")
        self.symbols[symbol.name] = symbol
        self.symbol_files[symbol.name] = path

    def _add_model(self, entry: ModelEntry, path: Path) -> None:
        first = self._model_names.get(folded(entry.name))
        if first is not None:
            whose = _whose(self.model_files[first])
            raise InputError(f"{whose} has a model of this name; call this one something else")
        self.models[entry.name] = make_model(entry, self.symbols)
        self.model_files[entry.name] = path
        self._model_names[folded(entry.name)] = entry.name


def _whose(path: Path) -> str:
    return "matlore" if path.parent == MODELS_FOLDER else str(path)


@contextmanager
def _noting(problems: list[str], place: str) -> Iterator[None]:
    """Note what is wrong with an entry, and go on."""
    try:
        yield
    except InputError as error:
        problems.append(f"{place}: {error}")


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise InputError("\n".join(shortened(problems)))
