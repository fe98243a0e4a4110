"""Find the rows of ESTM whose zT is not S²σT/κ, by `graph derive`, and hold them against the sheet.

    python benchmarks/estm_identity.py ../shared/data/properties/estm WORK

WORK is a folder for the table of values and the home. A row is wrong where |S²σT/κ − zT| is more
than 10 % of zT and 0.001. Rows of one material, temperature and reference cannot be told apart in
the graph, so they are counted beside the rest.
"""

import csv
import sys
import time
from collections import Counter
from pathlib import Path

from graph.measured import resolve_material
from graph.measured_values import source_key
from matlore.pipeline.cypher import CypherSession
from matlore.pipeline.graph_derive import derive_home_graph
from matlore.pipeline.graph_load import load_home_graph, store_address

COLUMNS = {
    "seebeck_coefficient(μV/K)": ("seebeck coefficient", "uV/K"),
    "electrical_conductivity(S/m)": ("electrical conductivity", "S/m"),
    "thermal_conductivity(W/mK)": ("thermal conductivity", "W/(m K)"),
    "ZT": ("thermoelectric figure of merit", "1"),
}
QUERY = """
MATCH (m:Material)-[:HAS]->(d:Quantity)-[:BY]->(:Model {name: 'figure of merit'}),
      (d)-[e:DISAGREES]->(r:Quantity)
RETURN m.id, r.temperature, r.source, r.value, d.value, r.conflict, d.conflict
"""

Key = tuple[str | None, float, str]


def main(folder: Path, work: Path) -> None:
    with next(folder.glob("*.csv")).open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["temperature(K)"]]
    work.mkdir(parents=True, exist_ok=True)
    _write(rows, work / "estm.csv")
    began = time.perf_counter()
    load_home_graph(
        work / "home", quantities=[work / "estm.csv"], facts="starter", with_vectors=False
    )
    loaded = time.perf_counter()
    report = derive_home_graph(work / "home")
    print(f"loaded in {loaded - began:.0f} s, derived in {time.perf_counter() - loaded:.0f} s")
    print(f"{report['quantities']:,} values follow, {report['conflicts']} disagree")
    session = CypherSession(store_address(work / "home", None))
    answer = session.run(QUERY)
    session.close()
    found = Counter(
        (str(m), float(t), str(source)) for m, t, source, *_ in answer.rows.rows if t is not None
    )
    wrong, strict, alike = Counter[Key](), 0, Counter[Key]()
    for row in rows:
        zt, ours = float(row["ZT"]), _zt(row)
        alike[_key(row)] += 1
        strict += abs(ours - zt) > 0.1 * zt
        wrong[_key(row)] += abs(ours - zt) > 0.1 * zt + 0.001
    wrong = +wrong
    single = {key for key in wrong if alike[key] == 1}
    print(f"{len(rows)} rows; {strict} beyond 10 %, {sum(wrong.values())} beyond 10 % and 0.001")
    print(
        f"of these {len(single)} are the only row of their kind: {len(single & set(found))} found"
    )
    print(f"of {len(wrong) - len(single)} others: {len((set(wrong) - single) & set(found))} found")
    print(f"flagged though the sheet agrees: {len(set(found) - set(wrong))}")


def _write(rows: list[dict[str, str]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["material", "property", "value", "unit", "source", "temperature"])
        for row in rows:
            for column, (name, unit) in COLUMNS.items():
                values = (row["Formula"], name, row[column], unit, row["reference"])
                writer.writerow([*values, row["temperature(K)"]])


def _zt(row: dict[str, str]) -> float:
    s, sigma, kappa = (float(row[column]) for column in [*COLUMNS][:3])
    return (s * 1e-6) ** 2 * sigma * float(row["temperature(K)"]) / kappa


def _key(row: dict[str, str]) -> Key:
    material = resolve_material(row["Formula"])
    return material, float(row["temperature(K)"]), source_key(row["reference"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
