"""What training runs share (extra `train`): checkpoints and the learning rate's schedule.

Checkpoints are safetensors, never a pickle.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError, InputError

if TYPE_CHECKING:
    from torch import Tensor, nn, optim

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint", "set_rates"]

_RECORD = "record"
_OPTIMIZER = "optimizer"


class Checkpoint:
    """Tensors by name, and a record of how far the run is."""

    def __init__(self, tensors: "Mapping[str, Tensor]", record: Mapping[str, Any]) -> None:
        self.tensors = dict(tensors)
        self.record = dict(record)

    def add_module(self, name: str, module: "nn.Module") -> None:
        """Put the state of a module in."""
        for key, value in module.state_dict().items():
            self.tensors[f"{name}/{key}"] = value

    def add_optimizer(self, optimizer: "optim.Optimizer") -> None:
        """Put the state of an optimizer in; its settings are not: the run knows them."""
        for number, state in optimizer.state_dict()["state"].items():
            for key, value in state.items():
                self.tensors[f"{_OPTIMIZER}/{number}/{key}"] = value

    def restore_module(self, name: str, module: "nn.Module") -> None:
        """Give a module the state that was put in under its name."""
        module.load_state_dict(self.part(name))

    def restore_optimizer(self, optimizer: "optim.Optimizer") -> None:
        """Give an optimizer, made with the same settings, the state that was put in."""
        state: dict[int, dict[str, Any]] = {}
        for key, value in self.part(_OPTIMIZER).items():
            number, name = key.split("/")
            state.setdefault(int(number), {})[name] = value
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": state, "param_groups": groups})

    def part(self, name: str) -> "dict[str, Tensor]":
        """Return the tensors under a name."""
        start = f"{name}/"
        return {
            key.removeprefix(start): value
            for key, value in self.tensors.items()
            if key.startswith(start)
        }


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint, in place of the one before only when it is complete."""
    from safetensors.torch import save_file

    tensors = {name: value.detach().clone() for name, value in checkpoint.tensors.items()}
    temporary = path.with_name(f"{path.name}.part")
    save_file(tensors, temporary, metadata={_RECORD: json.dumps(checkpoint.record)})
    temporary.replace(path)


def load_checkpoint(path: Path, *, expected: Mapping[str, Any]) -> Checkpoint | None:
    """Read a checkpoint; None where there is none.

    Args:
        path: of the file.
        expected: what its record must say, for the run to be the same.

    Raises:
        ArtifactError: it is damaged.
        InputError: it is of another run.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            record = json.loads(file.metadata()[_RECORD])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"{path}: the checkpoint is damaged ({error}); remove it to start anew"
        ) from error
    for key, value in expected.items():
        if record.get(key) != value:
            raise InputError(
                f"{path}: of a run with other {key}; remove it to start anew, or give another"
                " folder with `--out`"
            )
    return Checkpoint(tensors, record)


def set_rates(optimizer: "optim.Optimizer", step: int, steps: int, *, warm: float) -> None:
    """Set the learning rates for a step: up to the highest, then down on a line to 1% of it.

    Args:
        optimizer: its groups hold their highest rate as `highest`.
        step: of `steps`, from 0.
        steps: of the whole run.
        warm: share of the steps in which the rates go up.
    """
    up = max(1, round(steps * warm))
    factor = min((step + 1) / up, max(0.01, (steps - step) / max(1, steps - up)))
    for group in optimizer.param_groups:
        group["lr"] = group["highest"] * factor
