"""Models of others: a local folder, or an id of the Hugging Face hub."""

import re
from collections.abc import Sequence
from pathlib import Path

from matlore.errors import ArtifactError

__all__ = ["find_model"]

_HUB_ID = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")


def find_model(model: str | Path, patterns: Sequence[str]) -> Path:
    """Return the folder of a model, downloaded where `model` is a Hugging Face id.

    Args:
        model: a folder, or `organisation/name`, best with `@revision`.
        patterns: of the files to download.

    Raises:
        ArtifactError: there is neither such a folder nor such a model on the hub.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    match = _HUB_ID.fullmatch(str(model))
    if match is None or folder.exists():
        raise ArtifactError(
            f"{model}: no such folder, and no Hugging Face id either (organisation/name or "
            "organisation/name@revision)"
        )
    return _download(match[1], match[2], list(patterns))


def _download(name: str, revision: str | None, patterns: list[str]) -> Path:
    """Fetch a model from the hub, or take it from its cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    what = f"{name}@{revision}" if revision else name
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=patterns))
    except GatedRepoError as error:
        raise ArtifactError(
            f"{what}: its owner gives access on request; ask on its page at huggingface.co, then "
            "run `hf auth login`"
        ) from error
    except RepositoryNotFoundError as error:
        raise ArtifactError(
            f"{what}: there is neither such a folder here nor such a model on the Hugging Face "
            "hub (a private one needs `hf auth login`)"
        ) from error
    except (OSError, ValueError) as error:  # no network, no such revision, nothing in the cache
        reason = str(error).strip().split("\n", 1)[0]
        raise ArtifactError(
            f"{what}: no such folder here, and the Hugging Face hub did not give it ({reason}); "
            "check name, revision and network, or name a local folder"
        ) from error
