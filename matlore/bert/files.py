"""Files of models: written whole, checked when read."""

from hashlib import file_digest
from pathlib import Path

from matlore.errors import ArtifactError
from matlore.home import sync_path

__all__ = ["check_file", "file_sha256", "write_whole"]


def write_whole(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write a file under another name, then rename it: never half a file under its name.

    Args:
        path: of the file.
        data: all that is in it.
        durable: whether it must stand when the machine stops just after.
    """
    temporary = path.with_name(f"{path.name}.part")
    temporary.write_bytes(data)
    if durable:
        sync_path(temporary)
    temporary.replace(path)
    if durable:
        sync_path(path.parent)


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def check_file(path: Path, digest: str, *, remedy: str) -> None:
    """Compare a file with the sha256 that its card gives.

    Args:
        path: of the file.
        digest: what it must have.
        remedy: what a user should do where it is another, for the message.

    Raises:
        ArtifactError: it cannot be read, or it is not the file that the card is of.
    """
    try:
        found = file_sha256(path)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error}); {remedy}") from error
    if found != digest:
        raise ArtifactError(f"{path}: sha256 differs from its card, the file is damaged; {remedy}")
