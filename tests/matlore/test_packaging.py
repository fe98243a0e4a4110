"""The distribution: what is declared is what is imported, and every dependency is pinned."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ingest", "ner", "embeddings", "graph", "matlore")
# Read by a library that we call, not imported by name in our code.
INDIRECT: set[str] = set()


def _project() -> dict[str, Any]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return _normal(found.group())


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported_distributions(*folders: str) -> set[str]:
    """Return the distributions whose modules are imported by the code in `folders`."""
    modules: set[str] = set()
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                modules.add(node.module.split(".")[0])
    neighbours = {path.stem for path in paths}
    foreign = modules - set(sys.stdlib_module_names) - set(PACKAGES) - neighbours
    provided = packages_distributions()
    missing = [module for module in foreign if module not in provided]
    assert not missing
    return {_normal(provided[module][0]) for module in foreign}


def test_what_is_imported_is_declared_and_the_reverse() -> None:
    project = _project()
    optional = dict(project["optional-dependencies"])
    del optional["dev"]
    lines = [*project["dependencies"], *(line for extra in optional.values() for line in extra)]
    declared = {_name(requirement) for requirement in lines}
    assert _imported_distributions(*PACKAGES) == declared - INDIRECT


def test_tests_and_benchmarks_need_no_more_than_dev() -> None:
    project = _project()
    declared = {
        _name(requirement)
        for requirement in project["dependencies"] + project["optional-dependencies"]["dev"]
    }
    assert _imported_distributions("tests", "benchmarks") <= declared


def test_every_dependency_has_a_lower_bound() -> None:
    project = _project()
    requirements = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        requirements += extra
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+>=[0-9.]+", line) for line in requirements)


def test_constraints_pin_every_dependency_exactly_and_hold_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line) for line in lines)
    project = _project()
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert {_name(line) for line in wanted} <= {_name(line) for line in lines}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_ships_its_types(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
    assert (ROOT / package / "__init__.py").is_file()
