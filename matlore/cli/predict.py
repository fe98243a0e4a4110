"""`matlore predict`: properties of materials from what is known of others."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from matlore.progress import no_progress

from .options import FormatOption, HomeOption, home_path
from .output import Format, note
from .predict_describe import register_describe
from .predict_models import register_models
from .predict_options import MaterialsArgument, PredictorsOption, SourceOption
from .predict_output import show_predictions
from .predict_train import register_train
from .progress import progress_bar

__all__ = ["DEFAULT_COMMAND", "register"]

DEFAULT_COMMAND = "of"
"""What `matlore predict PbTe` is short for: `matlore predict of PbTe`."""

_HELP = (
    "Predict properties of materials from their composition or structure. `matlore predict PbTe …`"
    " is short for `matlore predict of PbTe …`."
)


class PredictGroup(TyperGroup):
    """A group whose first argument may be a material instead of a command."""

    default_command = DEFAULT_COMMAND

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take what is no command as what the default command is about."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the group `matlore predict` with its commands."""
    group = typer.Typer(
        cls=PredictGroup,
        help=_HELP,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    group.command(DEFAULT_COMMAND)(_predict)
    register_models(group)
    register_train(group)
    register_describe(group)
    app.add_typer(group, name="predict")


def _predict(
    materials: MaterialsArgument = None,
    property: Annotated[
        list[str] | None,
        typer.Option(
            "--property",
            "-p",
            metavar="NAME",
            help="What to predict: a property (band_gap, zT …), a predictor, or `all`; may be"
            " repeated [default: all].",
            show_default=False,
        ),
    ] = None,
    temperature: Annotated[
        str | None,
        typer.Option(
            "--temperature",
            metavar="K[,K...]",
            help="Temperatures: 300, or 300,600,900, or FROM:TO:STEP such as 300:900:50 [default:"
            " the predictor's, mostly 300].",
            show_default=False,
        ),
    ] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(
            "--condition",
            metavar="NAME=VALUE[,VALUE...]",
            help="Another condition, for predictors of your own that take one; may be repeated.",
        ),
    ] = None,
    level: Annotated[
        float,
        typer.Option("--level", metavar="SHARE", help="How often intervals hold the true value."),
    ] = 0.9,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Show what moved each prediction, and by how much."),
    ] = False,
    neighbours: Annotated[
        int,
        typer.Option(
            "--neighbours",
            min=0,
            max=100,
            metavar="N",
            help="Show so many materials of the training data that are most like it.",
        ),
    ] = 0,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Draw one property to PNG, SVG or PDF: curves over temperature, or values, with"
            " their intervals.",
        ),
    ] = None,
    source: SourceOption = None,
    predictors: PredictorsOption = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Predict properties of formulas or crystal structures, with intervals.

    A value is `in domain` where the material is like the training data; else it says why not.
    Rows that cannot be predicted are told on stderr; the exit code is 3 then, 1 if none could be.
    """
    from matlore.pipeline.predict import predict_properties
    from matlore.pipeline.predict_inputs import parse_grid

    given = {} if temperature is None else {"temperature": temperature}
    # A bar for a few formulas would only be in the way.
    bar = nullcontext(no_progress) if source is None else progress_bar("predicting")
    with bar as progress:
        result = predict_properties(
            home_path(home),
            materials or (),
            source=source,
            properties=property or ("all",),
            conditions=parse_grid(given, condition or ()),
            level=level,
            explain=explain,
            neighbours=neighbours,
            plot=plot,
            folder=predictors,
            progress=progress,
        )
    if plot is not None:
        note(f"plot: {plot}")
    single = source is None and len(materials or ()) == 1
    show_predictions(result, format, single=single)
