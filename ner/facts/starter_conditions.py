"""The conditions of packed quantities: each different one is stored once."""

from collections import Counter
from typing import TYPE_CHECKING

from matlore.records import Condition

from .starter_columns import FactColumns, Numbering
from .starter_tables import MISSING, decimals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Columns = dict[str, Numbers]

__all__ = ["CONDITION_COLUMNS", "PackedConditions"]

CONDITION_COLUMNS = ("name", "text", "unit", "value", "value_power", "value_max",
                     "value_max_power")  # fmt: skip


class PackedConditions:
    """The conditions of the quantities that stay, each stored once, the commonest first."""

    def __init__(self, facts: FactColumns, quantities: "Columns") -> None:
        self._lists = facts.conditions
        used = Counter(quantities["conditions"].tolist() if quantities else ())
        counts: Counter[Condition] = Counter()
        for place, times in used.items():
            for condition in self._lists[place]:
                counts[condition] += times
        self.listed = [condition for condition, _ in counts.most_common()]
        self._numbers = Numbering(self.listed)

    def sizes(self, quantities: "Columns") -> "Numbers":
        """Return how many conditions each quantity has."""
        import numpy as np

        sizes = np.array([len(one) for one in self._lists], dtype=np.int64)
        return np.asarray(sizes[quantities["conditions"]])

    def held(self, quantities: "Columns") -> "Numbers":
        """Return the numbers of the conditions of all quantities, one after the other."""
        import numpy as np

        places = quantities["conditions"].tolist() if quantities else []
        flat = [self._numbers.get(one) for place in places for one in self._lists[place]]
        return np.array(flat, dtype=np.int64)

    def table(self, words: Numbering[str]) -> "Columns":
        """Return the columns of the different conditions."""
        import numpy as np

        said = [one.value if isinstance(one.value, str) else None for one in self.listed]
        columns: dict[str, list[str | None]] = {
            "name": [one.name for one in self.listed],
            "text": said,
            "unit": [one.unit for one in self.listed],
        }
        table = {
            name: np.array([MISSING if w is None else words.get(w) for w in column], dtype=np.int64)
            for name, column in columns.items()
        }
        numbers: list[float | None] = [
            None if isinstance(one.value, str) else one.value for one in self.listed
        ]
        table["value"], table["value_power"] = decimals(numbers)
        most = [one.value_max for one in self.listed]
        table["value_max"], table["value_max_power"] = decimals(most)
        return table
