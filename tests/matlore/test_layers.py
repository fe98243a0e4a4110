"""Who may import whom: the table of DESIGN.md, held against the code."""

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("ingest", "ner", "embeddings", "graph", "matlore")
STAGES = ("ingest", "ner", "embeddings", "graph")
SHARED_BY_STAGES = {"ner.tokens", "ner.formulas", "ner.sentences"}
BASE = {
    f"matlore.{name}"
    for name in (
        *("errors", "home", "progress", "records", "starter"),
        *("units", "vocabulary", "workers"),
    )
} | {"matlore"}
SMALL_LIBRARIES = {"pint", "yaml", "platformdirs"}
# What each layer may import of the project, besides itself.
ALLOWED = {
    "base": {"base"},
    "config": {"base"},
    "bert": {"base"},
    "stage": {"base", "bert"},
    "pipeline": {"base", "bert", "config", "stage"},
    "cli": {"base", "config", "pipeline"},
    "web": {"base", "config", "pipeline"},
    "entry": {"cli"},
}


def _source_files() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {_module_name(path): path for path in _source_files()}


def _imports(module: str) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
    """Yield every module that `module` imports anywhere, by its absolute name."""
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(module, node)
            for alias in node.names:
                submodule = f"{origin}.{alias.name}"
                yield (submodule if submodule in FILES else origin), node


def _origin(module: str, node: ast.ImportFrom) -> str:
    """Resolve the `x` of `from x import …`, which may be relative."""
    if node.level == 0:
        return node.module or ""
    is_package = FILES[module].name == "__init__.py"
    parts = module.split(".")
    parent = parts[: len(parts) - node.level + is_package]
    return ".".join([*parent, *filter(None, [node.module])])


def _layer(module: str) -> str:
    top = module.split(".")[0]
    if top in STAGES:
        return "stage"
    second = ".".join(module.split(".")[:2])
    if second in BASE:
        return "base"
    return {"matlore.__main__": "entry"}.get(second, second.removeprefix("matlore."))


def _same_part(module: str, target: str) -> bool:
    """Say whether both belong to one stage, or to one part of `matlore`."""
    if _layer(module) == "stage":
        return module.split(".")[0] == target.split(".")[0]
    return _layer(module) == _layer(target)


def _complaint(module: str, target: str) -> str | None:
    if target.split(".")[0] not in PACKAGES or _same_part(module, target):
        return None
    if _layer(module) == "stage" and target in SHARED_BY_STAGES:
        return None
    if _layer(target) in ALLOWED[_layer(module)] and _layer(target) != _layer(module):
        return None
    return f"{module} imports {target}"


@pytest.mark.parametrize("module", FILES)
def test_a_module_imports_only_what_the_table_allows(module: str) -> None:
    complaints = {_complaint(module, target) for target, _ in _imports(module)} - {None}
    assert not complaints


@pytest.mark.parametrize("module", [name for name in FILES if _layer(name) == "base"])
def test_the_base_needs_only_small_libraries(module: str) -> None:
    foreign = {target.split(".")[0] for target, _ in _imports(module)}
    assert foreign <= set(sys.stdlib_module_names) | SMALL_LIBRARIES | {"matlore"}


@pytest.mark.parametrize("module", [name for name in FILES if _layer(name) == "stage"])
def test_imports_inside_a_stage_are_relative(module: str) -> None:
    package = module.split(".")[0]
    absolute = [
        target
        for target, node in _imports(module)
        if target.split(".")[0] == package and getattr(node, "level", 0) == 0
    ]
    assert not absolute


@pytest.mark.parametrize(
    ("module", "target", "fine"),
    [
        ("ingest.corpus", "matlore.records", True),
        ("ingest.corpus", "matlore.home", True),
        ("embeddings.stage", "ner.tokens", True),
        ("embeddings.stage", "ner.elements", False),
        ("embeddings.stage", "ingest.corpus", False),
        ("ner.tokens", "matlore.config", False),
        ("matlore.records", "ner.tokens", False),
        ("matlore.config", "matlore.pipeline", False),
        ("matlore.pipeline.corpus", "ingest.corpus", True),
        ("matlore.cli.corpus", "matlore.pipeline.corpus", True),
        ("matlore.cli.corpus", "ingest.corpus", False),
        ("matlore.pipeline.corpus", "matlore.cli.output", False),
        ("ingest.corpus", "json", True),
    ],
)
def test_the_table_is_read_as_written(module: str, target: str, fine: bool) -> None:
    assert (_complaint(module, target) is None) is fine


def test_relative_imports_are_resolved() -> None:
    assert ("matlore.errors", True) in {
        (target, node.level > 0 if isinstance(node, ast.ImportFrom) else False)
        for target, node in _imports("matlore.config")
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_the_generic_package_names_resolve_into_this_project(package: str) -> None:
    found = importlib.import_module(package).__file__
    assert found is not None
    assert Path(found).resolve() == (ROOT / package / "__init__.py").resolve()


def test_tests_are_no_packages() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


@pytest.mark.parametrize(
    "module",
    [name for name in FILES if not any(part.startswith("_") for part in name.split("."))],
)
def test_a_public_module_says_what_is_public(module: str) -> None:
    tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
    public = _public_names(tree)
    assert public is not None, f"{module} has no __all__"
    assert sorted(set(public)) == sorted(public)
    assert set(public) <= _defined_names(tree) | _submodules(module)


def _public_names(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            assert node.value is not None
            return list(ast.literal_eval(node.value))
    return None


def _defined_names(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
    return names


def _submodules(module: str) -> set[str]:
    return {name.rpartition(".")[2] for name in FILES if name.rpartition(".")[0] == module}
