"""A small library of symbols and models, made here, and values for it."""

from collections.abc import Sequence

from graph.propnet.base import KnownValue, Model, Symbol, Variable
from graph.propnet.library import Library

__all__ = ["SYMBOLS", "TRANSPORT", "known", "library", "model"]

_ALWAYS = frozenset({"all"})
SYMBOLS = {
    one.name: one
    for one in (
        Symbol("seebeck coefficient", "uV/K", "S", "transport", -1e5, 1e5),
        Symbol("electrical conductivity", "S/m", "sigma", "transport", 0, 1e10),
        Symbol("electrical resistivity", "ohm*m", "rho", "transport", 0, 1e20),
        Symbol("thermal conductivity", "W/(m*K)", "kappa", "thermal", 0, 2e4),
        Symbol("power factor", "W/(m*K**2)", "PF", "transport", 0, 10),
        Symbol("thermoelectric figure of merit", "1", "zT", "transport", 0, 10, negligible=0.001),
        Symbol("lattice parameter", "angstrom", "a", "structural", 0, 1e3, ignores=_ALWAYS),
        Symbol("unit cell volume", "angstrom**3", "V", "structural", 0, 1e6, ignores=_ALWAYS),
        Symbol("density", "g/cm**3", "rho", "structural", 0, 50, ignores=_ALWAYS),
        Symbol("band gap", "eV", "E_g", "electronic", 0, 20, ignores=frozenset({"temperature"})),
        Symbol("refractive index", "1", "n", "optical", -10, 50, ignores=_ALWAYS),
    )
}

_UNITS = {"seebeck coefficient": "V/K", "temperature": "K"}


def model(
    name: str,
    equation: str,
    variables: dict[str, str],
    *,
    solve_for: Sequence[str] = (),
    constraints: Sequence[str] = (),
    relative_error: float = 0.0,
) -> Model:
    """Return a model; the Seebeck coefficient is in V/K, all else in its symbol's unit."""
    output = equation.partition(" = ")[0].strip()
    made = {
        variable: Variable(
            variable,
            stands_for,
            _UNITS.get(stands_for) or SYMBOLS[stands_for].unit,
        )
        for variable, stands_for in variables.items()
    }
    return Model(
        name=name,
        about="",
        category="transport",
        variables=made,
        output=output,
        solve_for=tuple(solve_for) or (output,),
        equation=equation,
        constraints=tuple(constraints),
        relative_error=relative_error,
        version=f"{equation} {solve_for} {constraints} {relative_error}",
    )


TRANSPORT = (
    model(
        "figure of merit",
        "zT = S**2 * sigma * T / kappa",
        {
            "zT": "thermoelectric figure of merit",
            "S": "seebeck coefficient",
            "sigma": "electrical conductivity",
            "kappa": "thermal conductivity",
            "T": "temperature",
        },
        solve_for=("zT", "sigma", "kappa"),
        constraints=("kappa > 0",),
    ),
    model(
        "power factor",
        "PF = S**2 * sigma",
        {"PF": "power factor", "S": "seebeck coefficient", "sigma": "electrical conductivity"},
        solve_for=("PF", "sigma"),
    ),
    model(
        "resistivity",
        "sigma = 1 / rho",
        {"sigma": "electrical conductivity", "rho": "electrical resistivity"},
        solve_for=("sigma", "rho"),
    ),
)


def library(*models: Model) -> Library:
    """Return a library of some models."""
    version = "tiny " + " ".join(f"{one.name} {one.version}" for one in models)
    return Library(symbols=SYMBOLS, models={one.name: one for one in models}, version=version)


_NAMES = {
    "S": "seebeck coefficient",
    "sigma": "electrical conductivity",
    "rho": "electrical resistivity",
    "kappa": "thermal conductivity",
    "zT": "thermoelectric figure of merit",
    "PF": "power factor",
}


def known(
    name: str,
    value: float,
    temperature: float | None = 300.0,
    source: str = "paper",
    **fields: object,
) -> KnownValue:
    """Return a value; `S`, `sigma`, `rho`, `kappa`, `zT` and `PF` stand for what they are."""
    symbol = _NAMES.get(name, name)
    at = temperature if SYMBOLS[symbol].depends_on("temperature") else None
    id = f"{source}/{name}/{temperature}/{value}/{fields.get('state', '')}"
    return KnownValue(id, symbol, value, temperature=at, source=source, **fields)  # type: ignore[arg-type]
