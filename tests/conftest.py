"""Fixtures for all tests: a clean environment, and the shared data where it is at hand."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says nothing on a machine that does other things meanwhile.
settings.register_profile("matlore", deadline=None)
settings.load_profile("matlore")

_ROOT = Path(__file__).parents[1]
_FOREIGN_PREFIXES = ("MATLORE_", "HF_", "HUGGINGFACE_", "XDG_")
_FOREIGN_NAMES = ("TRANSFORMERS_CACHE", "COLUMNS", "NO_COLOR", "FORCE_COLOR")


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting of the machine reach a test, and no test the machine's data home."""
    for name in list(os.environ):
        if name.startswith(_FOREIGN_PREFIXES) or name in _FOREIGN_NAMES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("MATLORE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the checkout."""
    return _ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of shared evaluation data beside the checkout, or skip."""
    folder = _ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the evaluation data is not at hand: no folder {folder}")
    return folder


@pytest.fixture(scope="session")
def tiny_tagger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tagger with random weights."""
    from tiny_tagger import make_tiny_tagger

    return make_tiny_tagger(tmp_path_factory.mktemp("tagger"))
