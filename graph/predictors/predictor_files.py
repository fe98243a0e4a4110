"""Predictors in folders: a card for people and programs, the members, and the training rows.

```
NAME/card.json               what it is, how good it is, and the hashes of the rest
NAME/member-0.txt.zst        trees, in LightGBM's text, packed
NAME/member-1.safetensors    a kernel machine, without its support
NAME/training.json.zst       the rows it learned from
```

Nothing is pickled, and the same predictor gives the same files to the byte. The hashes are of what
the files hold unpacked.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from matlore.bert.files import write_whole
from matlore.errors import ArtifactError, UsageError

from .base import MemberRecipe, Recipe
from .members import KernelMember, Member, member_from_bytes
from .predictor import PropertyPredictor
from .predictor_content import (
    calibration_facts,
    read_calibration,
    read_recipe_facts,
    read_training,
    recipe_facts,
    training_bytes,
)
from .predictor_folders import PredictorFolders

if TYPE_CHECKING:
    import numpy as np

    from .training_rows import Training

__all__ = [
    "CARD",
    "FORMAT",
    "content_version",
    "load_predictor",
    "load_predictors",
    "put_scores",
    "read_card",
    "read_recipe",
    "save_predictor",
]

CARD: Final = "card.json"
FORMAT: Final = 1
_KIND: Final = "matlore predictor"
_TRAINING: Final = "training.json.zst"
_PACKED: Final = ".zst"
_PACKING: Final = 19
_MOST_BYTES: Final = 2**30
_AGAIN: Final = "train it again with `matlore predict train`, or delete the folder"


def save_predictor(predictor: PropertyPredictor, folder: Path) -> None:
    """Write a predictor into a folder, in the place of the predictor that is there.

    Args:
        predictor: what to write.
        folder: of its own; made, with those above it.

    Raises:
        ArtifactError: the folder holds something else, or cannot be written.
    """
    if folder.exists() and not _is_ours(folder):
        raise ArtifactError(f"{folder}: holds something else than a predictor; name a new folder")
    contents = _contents(predictor)
    card = json.dumps(_card(predictor, contents), indent=1, ensure_ascii=False) + "\n"
    files = {name: _packed(name, data) for name, data in contents.items()}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _put(folder, {**files, CARD: card.encode()})
    except OSError as error:
        raise ArtifactError(f"{folder}: cannot be written ({error}); name another") from error


def put_scores(folder: Path, scores: Mapping[str, Any]) -> None:
    """Put scores into the card of a predictor, which changes neither it nor its version.

    Raises:
        ArtifactError: there is no predictor.
    """
    text = json.dumps({**read_card(folder), "scores": dict(scores)}, indent=1, ensure_ascii=False)
    write_whole(folder / CARD, f"{text}\n".encode())


def load_predictor(folder: Path) -> PropertyPredictor:
    """Read a predictor.

    Raises:
        ArtifactError: a file is missing, damaged or newer, or descriptors are no longer those that
            it was trained with.
    """
    card = read_card(folder)
    recipe = read_recipe(folder)
    try:
        _check_featurizers(card["featurizers"])
        training, difficulties = read_training(_read(folder, _TRAINING, card))
        calibration = read_calibration(card["calibration"], difficulties)
        weights = tuple(float(weight) for weight in card["weights"])
        members = tuple(
            member_from_bytes(member, _read(folder, name, card), _support(member, training))
            for member, name in zip(recipe.members, _member_names(recipe), strict=True)
        )
        if len(weights) != len(members):
            raise ArtifactError(f"{len(members)} members have {len(weights)} weights")
    except ArtifactError as error:
        raise ArtifactError(f"{folder}: {error}; {_AGAIN}") from error
    except UsageError as error:
        raise ArtifactError(f"{folder}: its descriptors are not at hand: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactError(f"{folder / CARD}: lacks or garbles {error}; {_AGAIN}") from error
    predictor = PropertyPredictor(recipe, members, weights, training, calibration, card)
    # Known without packing all members again; the hashes were checked above.
    predictor.__dict__["version"] = _version(card, card["sha256"])
    return predictor


def load_predictors(folder: Path) -> PredictorFolders:
    """Return the predictors in the folders of a folder, which are read when asked for."""
    return PredictorFolders({card.parent.name: card.parent for card in folder.glob(f"*/{CARD}")})


def read_card(folder: Path) -> Mapping[str, Any]:
    """Return the card of a predictor, without reading the rest.

    Raises:
        ArtifactError: there is none, or it is damaged, foreign or newer.
    """
    path = folder / CARD
    try:
        card = json.loads(path.read_bytes())
    except OSError as error:
        raise ArtifactError(
            f"{folder}: no predictor there ({error.strerror}); see `matlore predict models`"
        ) from error
    except ValueError as error:
        raise ArtifactError(f"{path}: damaged ({error}); {_AGAIN}") from error
    if not isinstance(card, dict) or card.get("kind") != _KIND:
        raise ArtifactError(f"{path}: not the card of a predictor; {_AGAIN}")
    if card.get("format") != FORMAT:
        raise ArtifactError(
            f"{path}: format {card.get('format')!r}, but this matlore reads {FORMAT};"
            f" update matlore, or {_AGAIN}"
        )
    return card


def read_recipe(folder: Path) -> Recipe:
    """Return the recipe of a predictor, without reading the rest.

    Raises:
        ArtifactError: the card is damaged, foreign or newer.
    """
    try:
        return read_recipe_facts(read_card(folder)["recipe"])
    except KeyError as error:
        raise ArtifactError(f"{folder / CARD}: lacks {error}; {_AGAIN}") from error
    except ArtifactError as error:
        raise ArtifactError(f"{folder / CARD}: {error}; {_AGAIN}") from error


def content_version(predictor: PropertyPredictor) -> str:
    """Return twelve hexadecimal digits of the hash of all that decides predictions."""
    contents = _contents(predictor)
    return _version(_facts(predictor), {n: sha256(d).hexdigest() for n, d in contents.items()})


def _facts(predictor: PropertyPredictor) -> dict[str, Any]:
    """Return what the card must say for a predictor to be read."""
    return {
        "recipe": recipe_facts(predictor.recipe),
        "weights": list(predictor.weights),
        "calibration": calibration_facts(predictor.calibration),
        "featurizers": _featurizer_versions(predictor.recipe),
    }


def _card(predictor: PropertyPredictor, contents: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the card: what it must say, then what else is told of the predictor."""
    facts = _facts(predictor)
    hashes = {name: sha256(data).hexdigest() for name, data in contents.items()}
    card = {
        "kind": _KIND,
        "format": FORMAT,
        "name": predictor.name,
        "property": predictor.property,
        "version": _version(facts, hashes),
        "rows": len(predictor.training),
        "materials": len(predictor.training.materials),
        **facts,
        "sha256": hashes,
    }
    return {**card, **{key: told for key, told in predictor.card.items() if key not in card}}


def _version(facts: Mapping[str, Any], hashes: Mapping[str, str]) -> str:
    """Return the version of facts and contents; what is told for people alone does not count."""
    told = ("about", "source", "reference")
    recipe = {key: fact for key, fact in facts["recipe"].items() if key not in told}
    decisive = [recipe, facts["weights"], facts["calibration"], facts["featurizers"], dict(hashes)]
    return sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:12]


def _contents(predictor: PropertyPredictor) -> dict[str, bytes]:
    """Return what the files hold, before it is packed."""
    names = _member_names(predictor.recipe)
    found = {
        name: _member_bytes(member) for name, member in zip(names, predictor.members, strict=True)
    }
    return {**found, _TRAINING: training_bytes(predictor.training, predictor.calibration)}


def _member_names(recipe: Recipe) -> list[str]:
    """Return the names of the members' files."""
    suffixes = {"kernel": "safetensors", "hurdle": f"json{_PACKED}"}
    return [
        f"member-{place}.{suffixes.get(member.kind, f'txt{_PACKED}')}"
        for place, member in enumerate(recipe.members)
    ]


def _member_bytes(member: Member) -> bytes:
    if isinstance(member, KernelMember):
        return member.to_bytes(support=_needs_structure(member.recipe))
    return member.to_bytes()


def _needs_structure(member: MemberRecipe) -> bool:
    """Tell whether a member takes descriptors of structures, which training rows do not keep."""
    from .featurizers import get_featurizer

    return any(get_featurizer(name).needs == "structure" for name in member.descriptors)


def _support(member: MemberRecipe, training: "Training") -> "np.ndarray | None":
    """Return the features of the training rows, for a member that does not store them."""
    if member.kind != "kernel" or _needs_structure(member):
        return None
    import numpy as np

    from .featurizers import describe

    samples, which = training.distinct
    return np.hstack([describe(samples, member.descriptors)[which], training.conditions])


def _featurizer_versions(recipe: Recipe) -> dict[str, str]:
    from .featurizers import get_featurizer

    names = {name for member in recipe.members for name in member.descriptors}
    return {name: get_featurizer(name).version for name in sorted(names | set(recipe.domain))}


def _check_featurizers(versions: Mapping[str, str]) -> None:
    """Refuse descriptors that have changed since training."""
    from .featurizers import get_featurizer

    for name, version in versions.items():
        now = get_featurizer(name).version
        if now != version:
            raise ArtifactError(
                f"trained with version {version} of the descriptors {name}, which are now {now}"
            )


def _read(folder: Path, name: str, card: Mapping[str, Any]) -> bytes:
    """Return what a file holds, unpacked and checked.

    Raises:
        ArtifactError: it is missing or damaged.
    """
    import zstandard

    path = folder / name
    try:
        data = path.read_bytes()
        if name.endswith(_PACKED):
            data = zstandard.ZstdDecompressor().decompress(data, max_output_size=_MOST_BYTES)
    except (OSError, zstandard.ZstdError, MemoryError) as error:
        raise ArtifactError(f"{name} is missing or damaged ({error})") from error
    if sha256(data).hexdigest() != card["sha256"].get(name):
        raise ArtifactError(f"{name} is not what the card says (sha256)")
    return data


def _packed(name: str, data: bytes) -> bytes:
    """Return the bytes of a file."""
    import zstandard

    if not name.endswith(_PACKED):
        return data
    return zstandard.ZstdCompressor(level=_PACKING).compress(data)


def _is_ours(folder: Path) -> bool:
    """Tell whether a folder is empty, or holds a predictor, be it damaged or newer."""
    if not folder.is_dir():
        return False
    names = {path.name for path in folder.iterdir()}
    return not names or CARD in names


def _put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a new folder, then put it in the place of the old one."""
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        new = draft / "new"
        new.mkdir()
        for name, data in files.items():
            (new / name).write_bytes(data)
        if folder.exists():
            os.replace(folder, draft / "old")
        os.replace(new, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
