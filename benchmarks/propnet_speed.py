"""How long derivation takes, and how much memory, in a process of its own for each case.

    python benchmarks/propnet_speed.py              # 10 properties x 100 temperatures x 20 sources
    python benchmarks/propnet_speed.py 10 100 200   # other numbers
    python benchmarks/propnet_speed.py starter      # all materials of the facts that ship

For comparison: every combination of the reported values that one model of four inputs could take
at each temperature, which is what propnet evaluates (its issue 238), is counted beside it.
"""

import resource
import sys
import time
from collections import Counter, defaultdict

import numpy as np

PROPERTIES = {
    "seebeck coefficient": (200.0, "uV/K"),
    "electrical conductivity": (1e5, "S/m"),
    "thermal conductivity": (2.0, "W/(m*K)"),
    "carrier concentration": (2e19, "1/cm**3"),
    "lattice thermal conductivity": (1.2, "W/(m*K)"),
    "specific heat": (160.0, "J/(kg*K)"),
    "density": (8.2, "g/cm**3"),
    "sound velocity": (2000.0, "m/s"),
    "thermal expansion coefficient": (2e-5, "1/K"),
    "bulk modulus": (40.0, "GPa"),
}


def _curves(properties: int, temperatures: int, sources: int) -> list[dict[str, object]]:
    random = np.random.default_rng(1)
    rows = []
    for name, (value, unit) in [*PROPERTIES.items()][:properties]:
        for source in range(sources):
            for at in np.linspace(300, 900, temperatures):
                rows.append(
                    {
                        "id": f"{name}/{source}/{at}",
                        "property": name,
                        "value": round(value * (1 + 0.03 * random.normal()), 9),
                        "value_max": None,
                        "std": None,
                        "comparator": "=",
                        "unit": unit,
                        "conditions": [],
                        "temperature": float(at),
                        "modality": "observed",
                        "score": 0.9,
                        "source": f"paper {source}",
                    }
                )
    return rows


def _case(numbers: list[int]) -> None:
    from graph.propnet.engine import derive
    from graph.propnet.library import load_library
    from graph.propnet.readings import read_values

    rows = _curves(*numbers)
    began = time.perf_counter()
    library = load_library()
    known, refused = read_values(rows, library)
    found = derive("PbTe", known, library)
    seconds = time.perf_counter() - began
    kinds = Counter(one.kind for one in found.values)
    symbols = {one.symbol for one in found.values}
    print(f"{len(rows):,} values of {numbers[0]} properties, {len(refused)} refused")
    print(f"derived {kinds['derived']:,}, means {kinds['aggregate']:,}, {len(symbols)} properties")
    print(f"conflicts {len(found.conflicts)}, cut off: {found.cut_off}")
    print(f"{seconds:.2f} s with reading the library, {_peak():.0f} MB")
    print(f"combinations of one model of four inputs: {numbers[2] ** 4 * numbers[1]:,}")


def _starter() -> None:
    from graph.propnet.engine import derive
    from graph.propnet.library import load_library
    from graph.propnet.readings import read_values
    from ner.facts.starter_facts import StarterFacts

    rows = defaultdict(list)
    for batch in StarterFacts.load().quantity_batches():
        for row in batch.to_pylist():
            rows[row["material"]].append(_as_node(row))
    library = load_library()
    began = time.perf_counter()
    kinds, reasons, slowest = Counter[str](), Counter[str](), (0.0, "")
    symbols, models, with_values = Counter[str](), Counter[str](), 0
    for material in sorted(rows):
        start = time.perf_counter()
        known, refused = read_values(rows[material], library)
        found = derive(material, known, library)
        slowest = max(slowest, (time.perf_counter() - start, material))
        kinds.update(one.kind for one in found.values)
        symbols.update(one.symbol for one in found.values if one.kind == "derived" and one.uses)
        models.update(one.model for one in found.values if one.kind == "derived" and one.uses)
        with_values += any(one.uses and one.kind == "derived" for one in found.values)
        for rejection in [*found.rejections, *refused]:
            reasons[rejection.reason] += rejection.count
        kinds["conflicts"] += len(found.conflicts)
    print(f"{len(rows):,} materials, {with_values:,} with more than their formula gives")
    print(dict(kinds), f"{time.perf_counter() - began:.1f} s on one core, {_peak():.0f} MB")
    print(f"slowest: {slowest[1]}, {slowest[0]:.2f} s")
    print("rejected:", dict(reasons.most_common(8)))
    print("properties:", dict(symbols.most_common(40)))
    print("models:", dict(models.most_common(40)))


def _as_node(row: dict[str, object]) -> dict[str, object]:
    """Return a row as the node `Quantity` has it, as far as derivation looks at it."""
    conditions, temperature = [], None
    for one in row["conditions"]:  # type: ignore[attr-defined]
        if one["name"] == "temperature" and one["unit"] == "K" and one["value_max"] is None:
            temperature = one["value"]
        text = one["text"] or f"{one['value']:g} {one['unit'] or ''}".strip()
        conditions.append(f"{one['name']} = {text}")
    return {
        **row,
        "conditions": conditions,
        "temperature": temperature,
        "source": row["paper_id"],
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    if sys.argv[1:] == ["starter"]:
        _starter()
    else:
        _case([int(one) for one in sys.argv[1:]] or [10, 100, 20])
