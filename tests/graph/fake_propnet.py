"""A small library of symbols and models written by hand, and values that follow with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from graph.propnet.base import (
    FORMULA,
    TEMPERATURE,
    Conflict,
    Derivation,
    DerivedValue,
    KnownValue,
    Model,
    Rejection,
    Symbol,
    Use,
    Variable,
)

__all__ = ["FakeLibrary", "derivation", "fake_library", "figure_of_merit", "known", "symbol"]

_UNITS = {
    "seebeck coefficient": ("uV/K", "S"),
    "electrical conductivity": ("S/m", r"\sigma"),
    "electrical resistivity": ("ohm m", r"\rho"),
    "thermal conductivity": ("W/(m K)", r"\kappa"),
    "electronic thermal conductivity": ("W/(m K)", r"\kappa_\mathrm{e}"),
    "lattice thermal conductivity": ("W/(m K)", r"\kappa_\mathrm{L}"),
    "power factor": ("W/(m K**2)", r"\mathrm{PF}"),
    "thermoelectric figure of merit": ("1", r"zT"),
    "molar mass": ("g/mol", "M"),
    "theoretical capacity": ("mA*h/g", "Q"),
    "band gap": ("eV", r"E_\mathrm{g}"),
}


@dataclass(frozen=True)
class FakeLibrary:
    symbols: Mapping[str, Symbol]
    models: Mapping[str, Model]

    def find_symbol(self, text: str) -> Symbol | None:
        spellings = {name: one for one in self.symbols.values() for name in one.synonyms}
        return self.symbols.get(text) or spellings.get(text)


def symbol(name: str, unit: str = "1", latex: str = "x", synonyms: tuple[str, ...] = ()) -> Symbol:
    return Symbol(name, unit, latex, "transport", synonyms=synonyms)


def model(
    name: str,
    equation: str,
    variables: Mapping[str, tuple[str, str]],
    *,
    solve_for: tuple[str, ...] = (),
    function: str | None = None,
) -> Model:
    output = next(iter(variables))
    return Model(
        name,
        f"About {name}.",
        "transport",
        {key: Variable(key, *value) for key, value in variables.items()},
        output,
        solve_for or tuple(key for key, (what, _) in variables.items() if what != TEMPERATURE),
        equation=None if function else equation,
        function=function,
    )


def fake_library() -> FakeLibrary:
    synonyms = {"seebeck coefficient": ("thermopower",), "band gap": ("Energy gap",)}
    symbols = [
        symbol(name, unit, latex, synonyms.get(name, ())) for name, (unit, latex) in _UNITS.items()
    ]
    seebeck, sigma = ("seebeck coefficient", "V/K"), ("electrical conductivity", "S/m")
    kappa, factor = ("thermal conductivity", "W/(m K)"), ("power factor", "W/(m K**2)")
    merit, t = ("thermoelectric figure of merit", "1"), (TEMPERATURE, "K")
    electronic = ("electronic thermal conductivity", "W/(m K)")
    lattice = ("lattice thermal conductivity", "W/(m K)")
    models = [
        model(
            "figure of merit",
            "zT = S**2 * sigma * T / kappa",
            {"zT": merit, "S": seebeck, "sigma": sigma, "T": t, "kappa": kappa},
            solve_for=("zT", "sigma", "kappa"),
        ),
        model("power factor", "PF = S**2 * sigma", {"PF": factor, "S": seebeck, "sigma": sigma},
              solve_for=("PF", "sigma")),
        model("merit of power", "zT = PF * T / kappa",
              {"zT": merit, "PF": factor, "T": t, "kappa": kappa}),
        model("resistivity", "sigma = 1 / rho",
              {"sigma": sigma, "rho": ("electrical resistivity", "ohm m")}),
        model("wiedemann-franz", "ke = L0 * sigma * T", {"ke": electronic, "sigma": sigma, "T": t}),
        model("sum of heat", "kappa = kl + ke", {"kappa": kappa, "kl": lattice, "ke": electronic}),
        model("molar mass", "", {"M": ("molar mass", "g/mol"), "formula": (FORMULA, "")},
              solve_for=("M",), function="molar_mass"),
        model("capacity", "Q = F_const / (3.6 * M)",
              {"Q": ("theoretical capacity", "mA*h/g"), "M": ("molar mass", "g/mol")},
              solve_for=("Q",)),
    ]  # fmt: skip
    return FakeLibrary({one.name: one for one in symbols}, {one.name: one for one in models})


def known(id: str, name: str, value: float, **more: object) -> KnownValue:
    return KnownValue(id=id, symbol=name, value=value, **more)  # type: ignore[arg-type]


def figure_of_merit() -> list[KnownValue]:
    """Return what a figure of merit at 300 K follows from: twenty Seebeck coefficients."""
    many = [
        known(f"s{n:02}", "seebeck coefficient", 210.0 + n, std=5.0, temperature=300.0,
              source=f"doi:10.1/{n:02}")
        for n in range(20)
    ]  # fmt: skip
    return [
        *many,
        known("far", "seebeck coefficient", 900.0, temperature=300.0, source="doi:10.1/far"),
        known("c1", "electrical conductivity", 9e4, temperature=290.0, source="arxiv:2406.00001"),
        known("c2", "electrical conductivity", 1.1e5, temperature=310.0, source="arxiv:2406.00001"),
        known("k1", "thermal conductivity", 1.5, std=0.1, temperature=300.0, source="my lab"),
        known("z1", "thermoelectric figure of merit", 0.8, temperature=300.0, source="doi:10.1/z"),
    ]


def derivation() -> Derivation:
    uses = tuple(Use(f"s{n:02}", "", 0.05) for n in range(20))
    mean = DerivedValue(
        "mean", "aggregate", "seebeck coefficient", 219.5, 6.0, "weighted mean",
        (*uses, Use("far", "", 0.0)), 300.0,
    )  # fmt: skip
    merit = DerivedValue(
        "zt", "derived", "thermoelectric figure of merit", 0.9636, 0.07, "figure of merit",
        (Use("k1", "kappa"), Use("c2", "sigma", 0.5), Use("c1", "sigma", 0.5), Use("mean", "S")),
        300.0,
    )  # fmt: skip
    mass = DerivedValue("mass", "derived", "molar mass", 800.761, None, "molar mass", (), source="")
    back = DerivedValue(
        "back", "derived", "electrical conductivity", 8.302e4, None, "figure of merit",
        (Use("z1", "zT"), Use("mean", "S"), Use("k1", "kappa")), 300.0,
    )  # fmt: skip
    return Derivation(
        "Bi2Te3",
        [mass, mean, merit, back],
        [Rejection("figure of merit", "seebeck coefficient", "no common temperature", "", 3)],
        [Conflict("zt", "z1", 0.2045)],
    )
