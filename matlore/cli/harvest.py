"""`matlore ingest arxiv | openalex | crossref | europepmc | dataset | run`: papers harvested."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from matlore.errors import InputError

from .ingest import print_report
from .options import FormatOption, HomeOption, RelevanceOption, home_path, services, sub_app
from .output import Format, emit
from .progress import progress_bar
from .running import FAILED, PARTLY_DONE

__all__ = ["register"]

_DAY = "%Y-%m-%d"
_SERVICES = {
    "openalex": "Harvest OpenAlex: needs a free key since February 2026, MATLORE_OPENALEX_KEY.",
    "crossref": "Harvest Crossref; MATLORE_CONTACT puts you into its polite pool.",
    "europepmc": "Harvest Europe PMC by --query.",
}
_SUMMARY = ("job", "status", "rows", "added", "updated", "merged", "unchanged", "irrelevant",
            "quarantined", "seconds", "error")  # fmt: skip

Query = Annotated[
    str | None, typer.Option("--query", "-q", metavar="TEXT", help="What to search for.")
]
Filter = Annotated[
    str | None,
    typer.Option("--filter", metavar="TEXT", help="A filter in the service's own words."),
]
Since = Annotated[
    datetime | None,
    typer.Option(
        "--from",
        formats=[_DAY],
        metavar="DAY",
        help="The first day of the first run.",
    ),
]
Until = Annotated[
    datetime | None, typer.Option("--until", formats=[_DAY], metavar="DAY", help="The last day.")
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help="Stop after about so many records."),
]
Restart = Annotated[
    bool, typer.Option("--restart", help="Begin anew instead of where the last run stopped.")
]
Url = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="A mirror of the service instead.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `matlore ingest`."""
    group = sub_app(app, "ingest", "Take papers in, from files and from services.")
    group.command("arxiv")(_arxiv)
    for source, help in _SERVICES.items():
        group.command(source)(_works(source, help))
    group.command("dataset")(_dataset)
    group.command("run")(_run)


def _arxiv(
    set_name: Annotated[
        str | None,
        typer.Option("--set", metavar="SET", help="A part of arXiv, such as physics:cond-mat."),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(
            "--query",
            metavar="TEXT",
            help="Ask the query API instead, newest first: cat:cond-mat.mtrl-sci (small pulls).",
        ),
    ] = None,
    prefix: Annotated[
        str, typer.Option("--metadata", metavar="NAME", help="arXiv or oai_dc.")
    ] = "arXiv",
    since: Since = None,
    until: Until = None,
    limit: Limit = None,
    min_relevance: RelevanceOption = 0.0,
    restart: Restart = False,
    url: Url = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Harvest arXiv by OAI-PMH (--set, --from), or its newest papers by --query."""
    source = "arxiv" if query is None else "arxiv-listing"
    _harvest(
        home,
        format,
        restart,
        source=source,
        set=set_name,
        query=query,
        prefix=prefix,
        since=since,
        until=until,
        limit=limit,
        min_relevance=min_relevance,
        url=url,
    )


def _works(source: str, help: str) -> Callable[..., None]:
    """Return the command that harvests one of the services with a search."""

    def command(
        query: Query = None,
        filter: Filter = None,
        since: Since = None,
        until: Until = None,
        limit: Limit = None,
        min_relevance: RelevanceOption = 0.0,
        restart: Restart = False,
        url: Url = None,
        format: FormatOption = Format.TABLE,
        home: HomeOption = None,
    ) -> None:
        _harvest(
            home,
            format,
            restart,
            source=source,
            query=query,
            filter=filter,
            since=since,
            until=until,
            limit=limit,
            min_relevance=min_relevance,
            url=url,
        )

    command.__doc__ = help
    return command


def _dataset(
    name: Annotated[
        str, typer.Argument(metavar="NAME|PATH", help="A data set of the hub, or a local copy.")
    ],
    config: Annotated[str | None, typer.Option(help="Its configuration.")] = None,
    split: Annotated[str | None, typer.Option(help="The only split to read.")] = None,
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit.")] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN", help="Which column holds a field."),
    ] = None,
    limit: Limit = None,
    min_relevance: RelevanceOption = 0.0,
    restart: Restart = False,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Stream a Hugging Face data set in; needs the extra `datasets`."""
    from matlore.pipeline.corpus import column_mapping

    _harvest(
        home,
        format,
        restart,
        source="dataset",
        path=name,
        config=config,
        split=split,
        revision=revision,
        mapping=column_mapping(mapping or ()),
        limit=limit,
        min_relevance=min_relevance,
    )


def _harvest(home: Path | None, format: Format, restart: bool, **options: Any) -> None:
    """Run one harvest and print its report; exit 3 where rows went to quarantine."""
    from matlore.pipeline.harvest import harvest_options, harvest_source

    given = {name: _plain(value) for name, value in options.items() if value is not None}
    with progress_bar("papers") as progress:
        report = harvest_source(
            home_path(home), harvest_options(given), services(), restart=restart, progress=progress
        )
    print_report(report, format)


def _plain(value: object) -> object:
    return value.date() if isinstance(value, datetime) else value


def _run(
    jobs_file: Annotated[Path, typer.Argument(metavar="JOBS.toml", help="The jobs.")],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME…]", help="Which of them; all if none.")
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="Append events as JSON lines; - for stderr."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes for jobs that read files.")
    ] = None,
    format: FormatOption = Format.TABLE,
    home: HomeOption = None,
) -> None:
    """Run the harvests that a file names, one after the other, each from where it stopped.

    The exit code is 1 if a job failed, 3 if rows went to quarantine, 0 if all is well.
    """
    from matlore.pipeline.corpus import default_workers
    from matlore.pipeline.harvest import load_jobs, run_jobs

    jobs = load_jobs(jobs_file)
    with _event_log(log) as write, progress_bar("papers") as progress:
        results = run_jobs(
            home_path(home),
            jobs,
            services(),
            names=names or (),
            workers=workers or default_workers(),
            log=write,
            progress=progress,
        )
    emit({"jobs": results}, rows="jobs", format=format, columns=_SUMMARY)
    states = {result["status"] for result in results}
    if "failed" in states:
        raise typer.Exit(FAILED)
    if "partly done" in states:
        raise typer.Exit(PARTLY_DONE)


@contextmanager
def _event_log(path: Path | None) -> Iterator[Callable[[Mapping[str, object]], None]]:
    """Yield a function that writes events as JSON lines, or drops them where `path` is None."""
    if path is None:
        yield lambda event: None
    elif str(path) == "-":
        yield lambda event: typer.echo(_line(event), err=True)
    else:
        try:
            stream = path.open("a", encoding="utf-8")
        except OSError as error:
            raise InputError(f"--log {path}: cannot be written: {error.strerror}") from error
        with stream:
            yield lambda event: _write(stream, event)


def _write(stream: IO[str], event: Mapping[str, object]) -> None:
    stream.write(_line(event) + "\n")
    stream.flush()


def _line(event: Mapping[str, object]) -> str:
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": time, **event}, ensure_ascii=False, default=str)
