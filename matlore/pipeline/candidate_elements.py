"""What is known of the elements of a candidate: how rare, whose, how toxic, how dear."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

__all__ = ["ElementHazard", "element_hazards", "elements_of_candidate"]

TOXICITY: Final = ("low", "medium", "high")
PRICES: Final = ("low", "medium", "high", "very high")
"""Below 10, 100 and 1000 US dollars per kg, and above: see `element_hazards.json`."""


@dataclass(frozen=True, slots=True)
class ElementHazard:
    """Coarse classes of an element; None where it is not classed.

    Attributes:
        toxicity: one of `TOXICITY`.
        reason: the hazard classes that decided.
        radioactive: whether it has no stable isotope.
        price: one of `PRICES`.
    """

    toxicity: str | None
    reason: str
    radioactive: bool
    price: str | None


@lru_cache(maxsize=1)
def element_hazards() -> Mapping[str, ElementHazard]:
    """Return the classes of the elements by symbol (sources: `element_hazards.json`)."""
    text = (files("graph.predictors") / "element_hazards.csv").read_text("utf-8")
    return MappingProxyType(
        {
            row["symbol"]: ElementHazard(
                toxicity=row["toxicity"] or None,
                reason=row["toxicity_reason"],
                radioactive=row["radioactive"] == "yes",
                price=row["price"] or None,
            )
            for row in csv.DictReader(text.splitlines())
        }
    )


def elements_of_candidate(symbols: Iterable[str]) -> dict[str, Any]:
    """Return what limits the use of a material, by its elements.

    Args:
        symbols: of its elements.

    Returns:
        `scarcest`: the element that is rarest in the Earth's crust; `abundance`: of it, mg/kg;
        `supply_risk`: the largest Herfindahl-Hirschman index of the countries that produce an
        element, with `riskiest`, whose it is; above 2500 a market counts as concentrated (U.S.
        Department of Justice and Federal Trade Commission, Horizontal Merger Guidelines, 2010);
        `toxicity` and `price`: the highest class of any element; `toxic` and `dear`: the elements
        of that class, where it is above low; `radioactive` elements; `unclassed`: elements
        without a class of either. Null where nothing is known of any element.
    """
    from graph.propnet.elements import load_elements

    names = sorted(set(symbols))
    table, hazards = load_elements(), element_hazards()
    known = [(one, table[one]) for one in names if one in table]
    abundance = {s: one.crustal_abundance for s, one in known if one.crustal_abundance is not None}
    risk = {s: one.hhi_production for s, one in known if one.hhi_production is not None}
    scarcest = min(abundance, key=abundance.__getitem__, default=None)
    riskiest = max(risk, key=risk.__getitem__, default=None)
    found = {symbol: hazards[symbol] for symbol in names if symbol in hazards}
    toxicity, toxic = _worst({s: one.toxicity for s, one in found.items()}, TOXICITY)
    price, dear = _worst({s: one.price for s, one in found.items()}, PRICES)
    return {
        "scarcest": scarcest,
        "abundance": None if scarcest is None else abundance[scarcest],
        "supply_risk": None if riskiest is None else risk[riskiest],
        "riskiest": riskiest,
        "toxicity": toxicity,
        "toxic": toxic,
        "price": price,
        "dear": dear,
        "radioactive": [symbol for symbol, one in found.items() if one.radioactive],
        "unclassed": [s for s in names if s not in found or not _classed(found[s])],
    }


def _classed(one: ElementHazard) -> bool:
    return one.toxicity is not None and one.price is not None


def _worst(
    classes: Mapping[str, str | None], order: tuple[str, ...]
) -> tuple[str | None, list[str]]:
    """Return the highest class, and whose it is unless it is the lowest one."""
    ranks = {symbol: order.index(one) for symbol, one in classes.items() if one is not None}
    if not ranks:
        return None, []
    worst = max(ranks.values())
    return order[worst], [symbol for symbol, rank in ranks.items() if rank == worst > 0]
