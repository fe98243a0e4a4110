"""The filters of searches and reviews, as options."""

from typing import Annotated

import typer

__all__ = [
    "ApplicationOption",
    "ElementsOption",
    "IndexEncoderOption",
    "LicenseOption",
    "MaterialOption",
    "MethodOption",
    "PropertyOption",
    "SourceOption",
    "YearOption",
]

YearOption = Annotated[
    str | None,
    typer.Option(
        "--year", metavar="A:B", help="Only papers of these years: 2015, 2010:2015, 2010:, :2015."
    ),
]
MaterialOption = Annotated[
    list[str] | None,
    typer.Option(
        "--material", metavar="F", help="Only papers that name this material; may be repeated."
    ),
]
ElementsOption = Annotated[
    str | None,
    typer.Option(
        "--elements",
        metavar="Bi,Te,…",
        help="Only papers that name a material with all of these elements.",
    ),
]
PropertyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--property",
        metavar="P",
        help="Only papers on this property, or, with a range, that report a value in it:"
        ' "band gap 1.0:1.6 eV", "zT > 1"; may be repeated.',
    ),
]
ApplicationOption = Annotated[
    list[str] | None,
    typer.Option(
        "--application", metavar="A", help="Only papers that name this application; repeatable."
    ),
]
MethodOption = Annotated[
    list[str] | None,
    typer.Option("--method", metavar="M", help="Only papers that name this method; repeatable."),
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="NAME", help="Only papers from this source; repeatable."),
]
LicenseOption = Annotated[
    list[str] | None,
    typer.Option("--license", metavar="NAME", help="Only papers under this licence; repeatable."),
]
IndexEncoderOption = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        metavar="NAME",
        help="The index's encoder, where it has moved [default: as the index was made].",
        show_default=False,
    ),
]
