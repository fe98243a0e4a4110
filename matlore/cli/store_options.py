"""The option that says which graph is meant, and how to log on to it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matlore.errors import UsageError

if TYPE_CHECKING:
    from matlore.pipeline.cypher import Login

__all__ = ["StoreOption", "store_and_login"]

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="ADDRESS",
        help="The graph: ladybug:FOLDER or a Neo4j server such as neo4j://HOST:7687 [default:"
        " MATLORE_STORE, else the one in the home]. MATLORE_NEO4J_USER, _PASSWORD, _DATABASE and"
        " _CERTIFICATE say how to log on.",
        show_default=False,
    ),
]


def store_and_login(store: str | None, home: Path | None) -> "tuple[str | None, Login]":
    """Return the address of the store, and how to log on where it is a server.

    Args:
        store: the value of `--store`; None for what the settings say.
        home: the value of `--home`.

    Returns:
        None for the address where the graph in the home is meant.

    Raises:
        InputError: the settings file cannot be read.
        UsageError: a setting has a wrong value, or the address has a password in it.
    """
    from matlore.config import load_settings
    from matlore.pipeline.cypher import Login

    settings = load_settings(home=home)
    address = settings.store if store is None else store
    host = (address or "").partition("://")[2].partition("/")[0]
    if "@" in host:  # it would be shown by `ps`, kept by the shell, and printed in messages
        raise UsageError(
            f"the address of the server …@{host.rpartition('@')[2]} must hold no user and no"
            " password: set MATLORE_NEO4J_USER and MATLORE_NEO4J_PASSWORD"
        )
    password = settings.neo4j_password
    login = Login(
        user=settings.neo4j_user,
        password=None if password is None else password.get_secret_value(),
        database=settings.neo4j_database,
        certificate=settings.neo4j_certificate,
    )
    return address, login
