"""Harvests: a source by its name and options, one job, or all the jobs of a file."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matlore.errors import InputError, MatloreError, UsageError
from matlore.home import Home
from matlore.progress import Progress, no_progress

if TYPE_CHECKING:
    from ingest.http import Fetcher
    from ingest.sources.base import Source

__all__ = [
    "HarvestOptions",
    "Services",
    "harvest_options",
    "harvest_source",
    "load_jobs",
    "run_jobs",
]

# Seconds between two requests, as each service asks for.
_PAUSES = {"arxiv": 3.0, "arxiv-listing": 3.0, "openalex": 0.2, "crossref": 1.0, "europepmc": 0.5}


class HarvestOptions(BaseModel):
    """What a job harvests, and what it keeps of it: a table `[jobs.NAME]` of a jobs file."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source: Literal[
        "arxiv", "arxiv-listing", "openalex", "crossref", "europepmc", "dataset", "file"
    ]
    query: str | None = Field(None, description="What to search for.")
    filter: str | None = Field(None, description="A filter as the service writes it.")
    set: str | None = Field(None, description="arXiv: the set, such as physics:cond-mat.")
    prefix: Literal["arXiv", "oai_dc"] = Field("arXiv", description="arXiv: the record format.")
    since: date | None = Field(None, description="The first day of the first harvest.")
    until: date | None = Field(None, description="The last day.")
    limit: Annotated[int, Field(ge=1)] | None = Field(None, description="Most rows a run.")
    min_relevance: Annotated[float, Field(ge=0, le=1)] = Field(0.0, description="Least score.")
    home: Path | None = Field(None, description="The data home, if another than the default.")
    path: str | None = Field(None, description="A data set's name, or a file or folder.")
    config: str | None = Field(None, description="Data set: its configuration.")
    split: str | None = Field(None, description="Data set: the only split to read.")
    revision: str | None = Field(None, description="Data set: branch, tag or commit.")
    mapping: dict[str, str] = Field(default_factory=dict, description="Field to column.")
    url: str | None = Field(None, description="Another address of the service: a mirror.")


@dataclass(frozen=True, slots=True)
class Services:
    """What the settings say about services.

    Attributes:
        contact: a mail address that services may write to.
        openalex_key: the key that OpenAlex asks for.
    """

    contact: str | None = None
    openalex_key: str | None = None


def harvest_options(values: Mapping[str, Any], *, where: str = "") -> HarvestOptions:
    """Check the options of a harvest.

    Args:
        values: option to value, as in a table of a jobs file.
        where: what a message about a wrong option begins with.

    Raises:
        UsageError: an option is unknown, missing or has a wrong value.
    """
    try:
        return HarvestOptions(**values)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg'].lower()}" for item in error.errors()
        )
        raise UsageError(f"{where}{wrong}") from error


def harvest_source(
    home_path: Path,
    options: HarvestOptions,
    services: Services,
    *,
    restart: bool = False,
    workers: int = 1,
    progress: Progress = no_progress,
) -> dict[str, object]:
    """Harvest one source into a data home, which is made where there is none.

    Returns:
        The fields of `ingest.jobs.IngestReport`.

    Raises:
        HomeBusyError: another process is writing to the home.
        SourceError: the service failed; what came until then is in the corpus.
        UsageError: an option that the source needs is missing.
    """
    home = options.home.expanduser() if options.home else home_path
    if options.source == "file":
        return _ingest_file(home, options, workers=workers, progress=progress)
    from ingest.harvest import harvest

    with ExitStack() as stack:
        source = _source(options, services, home, stack)
        report = harvest(
            Home.open(home, create=True),
            source,
            min_relevance=options.min_relevance,
            limit=options.limit,
            restart=restart,
            progress=progress,
        )
    return asdict(report)


def load_jobs(path: Path) -> dict[str, HarvestOptions]:
    """Read the jobs of a TOML file: tables `[jobs.NAME]`, and `[defaults]` for all of them.

    Raises:
        InputError: the file cannot be read, or is no TOML.
        UsageError: it holds no jobs, or a job has a wrong option.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML: {error}") from error
    defaults, jobs = content.pop("defaults", {}), content.pop("jobs", {})
    if content or not jobs or not isinstance(jobs, dict) or not isinstance(defaults, dict):
        unknown = f"; unknown: {', '.join(content)}" if content else ""
        raise UsageError(f"{path}: write jobs as tables [jobs.NAME] with a source{unknown}")
    return {
        name: harvest_options({**defaults, **dict(job)}, where=f"{path}: job {name!r}: ")
        for name, job in jobs.items()
    }


def run_jobs(
    home_path: Path,
    jobs: Mapping[str, HarvestOptions],
    services: Services,
    *,
    names: Sequence[str] = (),
    workers: int = 1,
    log: Callable[[Mapping[str, object]], None] = lambda event: None,
    progress: Progress = no_progress,
) -> list[dict[str, object]]:
    """Run jobs one after the other; one that fails does not keep the others from running.

    Args:
        home_path: the data home of jobs that name none.
        jobs: what `load_jobs` returned.
        services: what the settings say.
        names: which jobs; all where empty.
        workers: processes for jobs that read files.
        log: told of the begin and end of each job.
        progress: told of every row.

    Returns:
        one object a job: `job`, `source`, `status` (`done`, `partly done`, `failed`),
        `error`, and the fields of its report.

    Raises:
        UsageError: there is no job of a name.
    """
    unknown = [name for name in names if name not in jobs]
    if unknown:
        raise UsageError(f"no job {unknown[0]!r}: there are {', '.join(jobs)}")
    results = []
    for name in names or jobs:
        log({"event": "job begins", "job": name, "source": jobs[name].source})
        progress(0, text=name)
        result = _run_job(home_path, name, jobs[name], services, workers, progress)
        log({"event": "job ends", **result})
        results.append(result)
    return results


def _run_job(
    home_path: Path,
    name: str,
    options: HarvestOptions,
    services: Services,
    workers: int,
    progress: Progress,
) -> dict[str, object]:
    """Run one job, and say what became of it."""
    report: dict[str, object] = {}
    error: str | None = None
    try:
        report = harvest_source(home_path, options, services, workers=workers, progress=progress)
        status = "partly done" if report["quarantined"] else "done"
    except MatloreError as problem:
        status, error = "failed", str(problem)
        taken = getattr(problem, "report", None)
        report = {} if taken is None else asdict(taken)
    return {"job": name, "source": options.source, "status": status, "error": error, **report}


def _needed(options: HarvestOptions, name: str) -> str:
    """Return an option that the source cannot do without."""
    value = getattr(options, name)
    if not value:
        raise UsageError(f"{options.source} needs {name!r}: say what to harvest")
    return str(value)


def _ingest_file(
    home: Path, options: HarvestOptions, *, workers: int, progress: Progress
) -> dict[str, object]:
    from .corpus import ingest_paths

    return ingest_paths(
        home,
        [Path(_needed(options, "path")).expanduser()],
        mapping=[f"{field}={column}" for field, column in options.mapping.items()],
        min_relevance=options.min_relevance,
        workers=workers,
        progress=progress,
    )


def _source(options: HarvestOptions, services: Services, home: Path, stack: ExitStack) -> "Source":
    """Return the source that the options describe, with connections that `stack` closes."""
    if options.source == "dataset":
        from ingest.sources.hub import DatasetSource

        return DatasetSource(
            _needed(options, "path"),
            config=options.config,
            split=options.split,
            revision=options.revision,
            mapping=options.mapping,
        )
    return _SERVICES[options.source](options, services, _fetcher(options, services, home, stack))


def _fetcher(
    options: HarvestOptions, services: Services, home: Path, stack: ExitStack
) -> "Fetcher":
    from ingest.http import Fetcher
    from ingest.sources.openalex import is_spent

    return stack.enter_context(
        Fetcher(
            contact=services.contact,
            pause=0.0 if options.url else _PAUSES[options.source],
            cache=home / "cache" / "http",
            allow_private=options.url is not None,  # a mirror that the user names himself
            is_final=is_spent if options.source == "openalex" else None,
        )
    )


def _arxiv(options: HarvestOptions, services: Services, fetcher: "Fetcher") -> "Source":
    from ingest.sources.oai import ARXIV_OAI, OaiSource

    return OaiSource(
        fetcher,
        options.url or ARXIV_OAI,
        options.prefix,
        options.set,
        options.since,
        options.until,
    )


def _listing(options: HarvestOptions, services: Services, fetcher: "Fetcher") -> "Source":
    from ingest.sources.arxiv import ARXIV_API, ArxivListing

    return ArxivListing(
        fetcher, options.url or ARXIV_API, _needed(options, "query"), options.limit or 1000
    )


def _openalex(options: HarvestOptions, services: Services, fetcher: "Fetcher") -> "Source":
    from ingest.sources.openalex import OpenAlexSource

    return OpenAlexSource(
        fetcher,
        search=options.query,
        filter=options.filter,
        key=services.openalex_key,
        **_common(options),
    )


def _crossref(options: HarvestOptions, services: Services, fetcher: "Fetcher") -> "Source":
    from ingest.sources.crossref import CrossrefSource

    return CrossrefSource(
        fetcher,
        query=options.query,
        filter=options.filter,
        contact=services.contact,
        **_common(options),
    )


def _europepmc(options: HarvestOptions, services: Services, fetcher: "Fetcher") -> "Source":
    from ingest.sources.europepmc import EuropePmcSource

    if options.filter:
        raise UsageError("europepmc has no filter: write it into the query")
    return EuropePmcSource(fetcher, query=_needed(options, "query"), **_common(options))


def _common(options: HarvestOptions) -> dict[str, Any]:
    """Return the options that the JSON services share."""
    shared: dict[str, Any] = {
        "since": options.since,
        "until": options.until,
        "limit": options.limit,
    }
    return {**shared, "base_url": options.url} if options.url else shared


_SERVICES: dict[str, Callable[[HarvestOptions, Services, "Fetcher"], "Source"]] = {
    "arxiv": _arxiv,
    "arxiv-listing": _listing,
    "openalex": _openalex,
    "crossref": _crossref,
    "europepmc": _europepmc,
}
