"""Settings: flag, then environment, then `matlore.toml`, then the default."""

from pathlib import Path

import pytest

from matlore.config import Settings, load_settings
from matlore.errors import InputError, UsageError


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MATLORE_HOME")


def test_each_source_beats_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    default = load_settings().home
    Path("matlore.toml").write_text('home = "/toml"\n')
    from_toml = load_settings().home
    monkeypatch.setenv("MATLORE_HOME", "/environment")
    from_environment = load_settings().home
    from_flag = load_settings(home=Path("/flag")).home
    assert default.name == "matlore"
    assert [from_toml, from_environment, from_flag] == [
        Path("/toml"),
        Path("/environment"),
        Path("/flag"),
    ]


def test_the_default_home_is_the_users_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matlore.config.user_data_path", lambda *_, **__: tmp_path / "matlore")
    assert load_settings().home == tmp_path / "matlore"


def test_the_settings_file_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "other.toml"
    named.write_text('home = "/named"\ndebug = true\n')
    monkeypatch.setenv("MATLORE_CONFIG", str(named))
    assert load_settings() == Settings(home=Path("/named"), debug=True)


def test_a_tilde_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somebody")
    monkeypatch.setenv("MATLORE_HOME", "~/papers")
    assert load_settings().home == Path("/somebody/papers")


def test_an_unknown_setting_is_named() -> None:
    Path("matlore.toml").write_text('hoem = "/x"\n')
    with pytest.raises(UsageError, match=r"hoem: extra inputs are not permitted.*known: home"):
        load_settings()


def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATLORE_DEBUG", "perhaps")
    with pytest.raises(UsageError, match="debug"):
        load_settings()


def test_a_file_that_is_not_toml_is_named() -> None:
    Path("matlore.toml").write_text("home = \n")
    with pytest.raises(InputError, match=r"matlore\.toml: not valid TOML"):
        load_settings()


def test_a_missing_named_file_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATLORE_CONFIG", "nowhere.toml")
    with pytest.raises(InputError, match=r"nowhere\.toml: there is no such file"):
        load_settings()


def test_other_matlore_variables_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATLORE_UNHEARD_OF", "1")
    assert load_settings().debug is False


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
