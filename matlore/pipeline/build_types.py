"""What the parts of a build hand to one another."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from graph.stores import Login

__all__ = ["BuildOptions", "BuildStep", "State", "StepDone"]

State = Literal["up to date", "to do", "skipped"]


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a build is told.

    Attributes:
        model: the tagger, a folder or a Hugging Face id; None for the one that ships.
        min_relevance: leave out papers that are less likely about materials.
        encoder: of the indexes (see `IndexOptions`).
        retrain: train vectors whether the corpus has grown or not.
        workers: processes and threads.
        store: the address of the graph's store; None for the one in the home.
        login: for a server.
    """

    model: str | None = None
    min_relevance: float = 0.0
    encoder: str = "auto"
    retrain: bool = False
    workers: int = 2
    store: str | None = None
    login: "Login | None" = None


@dataclass(frozen=True, slots=True)
class BuildStep:
    """A step of a build.

    Attributes:
        name: one of `STEPS`.
        state: whether there is something to do.
        papers: how many papers are to be read; None where that is not the measure.
        why: in a few words.
    """

    name: str
    state: State
    papers: int | None
    why: str


class StepDone(Protocol):
    """Is told of each step: what it was, and what it did, or None where it did nothing."""

    def __call__(self, step: BuildStep, report: dict[str, Any] | None, /) -> None:
        """Take note of a step."""
