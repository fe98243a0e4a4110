"""The settings of matlore: a flag beats `MATLORE_*`, which beats `matlore.toml`, then defaults.

Only the command line and the web page read them; they pass plain arguments on. Nothing
is read at import.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from .errors import InputError, UsageError

__all__ = ["CONFIG_VARIABLE", "Settings", "load_settings"]

CONFIG_VARIABLE = "MATLORE_CONFIG"
_CONFIG_NAME = "matlore.toml"


def _default_home() -> Path:
    """Return the platform's user data folder for matlore."""
    return user_data_path("matlore", appauthor=False)


class Settings(BaseSettings):
    """All settings, each also an environment variable `MATLORE_<NAME>`.

    The settings file is the one that `MATLORE_CONFIG` names, else `matlore.toml` in the
    current folder, if there is one.
    """

    model_config = SettingsConfigDict(env_prefix="MATLORE_", extra="forbid", frozen=True)

    home: Path = Field(
        default_factory=_default_home,
        description="The data home: corpus, vectors, indexes and their manifest.",
    )
    contact: str | None = Field(
        default=None,
        description="A mail address by which services can reach you: Crossref's polite pool.",
    )
    openalex_key: str | None = Field(
        default=None,
        repr=False,
        description="The key that OpenAlex asks for since February 2026.",
    )
    store: str | None = Field(
        default=None,
        description="The graph: ladybug:FOLDER or a Neo4j server; unset: the one in the home.",
    )
    neo4j_user: str = Field(
        default="neo4j",
        description="The user to log on to the Neo4j server as.",
    )
    neo4j_password: SecretStr | None = Field(
        default=None,
        repr=False,
        description="The password of that user.",
    )
    neo4j_database: str | None = Field(
        default=None,
        description="The database on the Neo4j server; its default one if unset.",
    )
    neo4j_certificate: Path | None = Field(
        default=None,
        description="A file of certificates to trust beside those of the system.",
    )
    debug: bool = Field(
        default=False,
        description="Show the traceback of an unexpected error.",
    )

    @field_validator("home", "neo4j_certificate")
    @classmethod
    def _expand(cls, path: Path | None) -> Path | None:
        """Expand `~`: a settings file is not read by a shell."""
        return None if path is None else path.expanduser()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: flags, environment, `matlore.toml`."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=_config_file())
        return init_settings, env_settings, toml


def load_settings(*, home: Path | None = None) -> Settings:
    """Read the settings.

    Args:
        home: the value of `--home`; None where the flag was not given.

    Raises:
        InputError: the settings file is missing or is not TOML.
        UsageError: a setting has a wrong value or an unknown name.
    """
    flags: dict[str, Any] = {} if home is None else {"home": home}
    try:
        return Settings(**flags)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{_config_file()}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise UsageError(_explain(error)) from error


def _config_file() -> Path | None:
    """Return the settings file to read, or None where there is none."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named is None:
        return Path(_CONFIG_NAME) if Path(_CONFIG_NAME).is_file() else None
    if not Path(named).is_file():
        raise InputError(f"{CONFIG_VARIABLE}={named}: there is no such file")
    return Path(named)


def _explain(error: ValidationError) -> str:
    """Say in one line which settings are wrong, and where settings come from."""
    wrong = "; ".join(
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg'].lower()}"
        for item in error.errors()
    )
    known = ", ".join(Settings.model_fields)
    return f"wrong settings: {wrong} (see MATLORE_* and {_CONFIG_NAME}; known: {known})"
