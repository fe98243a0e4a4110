"""Errors that matlore raises on purpose.

Each message names the item, what was wrong with it, and the next command to try.

```
MatloreError
├── UsageError            wrong options or arguments                 exit 2
├── InputError            a file or a row that cannot be read        exit 1
├── HomeError             the data home is missing, foreign or busy  exit 1
│   ├── HomeFormatError   written by another version of matlore
│   └── HomeBusyError     another process is writing to it
├── SourceError           a service that papers come from fails       exit 1
├── ArtifactError         vectors or a model that cannot be loaded   exit 1
├── GraphError            a graph that is missing, damaged or away   exit 1
│   └── GraphBusyError    another process is writing to it
├── QueryError            a query that is refused or fails           exit 1
│   └── QueryTimeoutError it ran past its time limit
└── NotFoundError         an unknown paper, material or term         exit 1
```
"""

__all__ = [
    "ArtifactError",
    "GraphBusyError",
    "GraphError",
    "HomeBusyError",
    "HomeError",
    "HomeFormatError",
    "InputError",
    "MatloreError",
    "NotFoundError",
    "QueryError",
    "QueryTimeoutError",
    "SourceError",
    "UsageError",
]


class MatloreError(Exception):
    """Root of all errors that matlore raises on purpose."""

    exit_code = 1


class UsageError(MatloreError):
    """Options or arguments that make no sense together."""

    exit_code = 2


class InputError(MatloreError):
    """A file, row or text that cannot be read."""


class HomeError(MatloreError):
    """A data home that cannot be used."""


class HomeFormatError(HomeError):
    """A data home written in another format version."""


class HomeBusyError(HomeError):
    """A data home that another process is writing to."""


class SourceError(MatloreError):
    """A service that cannot be reached, refuses, or answers nonsense."""


class ArtifactError(MatloreError):
    """Vectors, a model or an index that is missing, damaged or of another kind."""


class GraphError(MatloreError):
    """A graph store that is missing, damaged, of another version, or cannot be reached."""


class GraphBusyError(GraphError):
    """A graph that another process is writing to."""


class QueryError(MatloreError):
    """A query that is refused, is no valid Cypher, or fails."""


class QueryTimeoutError(QueryError):
    """A query that was stopped at its time limit."""


class NotFoundError(MatloreError):
    """A paper, material, application or term that is not there."""
