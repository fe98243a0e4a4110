"""What a corpus holds, in numbers, and as a chart of papers by year and source."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matlore.errors import InputError, UsageError
from matlore.home import Home

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PLOT_SUFFIXES", "corpus_stats", "language_of", "plot_years"]

PLOT_SUFFIXES = (".png", ".svg")
_COUNTED = ("year", "source", "license", "categories", "doi", "abstract", "retracted", "text")
# Words that are common in English; some are words of other languages, too, but rarer there.
_ENGLISH = frozenset(
    "the of and in to for with by from is are was were we that this which have has been".split()
)
_TELLING = frozenset("the of and for with by from to".split())
_JUDGED_CHARACTERS = 600
_LEAST_SHARE = 0.12
_FEW_WORDS = 20
# Okabe and Ito's colours: told apart also by colour-blind readers.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442")
_OTHER_COLOUR, _INK, _GUIDE = "#767676", "#222222", "#DDDDDD"


def corpus_stats(home_path: Path, *, top: int = 30) -> dict[str, object]:
    """Count what the corpus of a home holds.

    Languages are told by common words; where these do not say English, by `lingua` if it
    is installed, else the paper counts as `other`.

    Args:
        home_path: the data home.
        top: how many categories are listed, commonest first.

    Raises:
        HomeError: there is no home at `home_path`.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from ingest.corpus import KIND, Corpus

    home = Home.open(home_path)
    counts: dict[str, dict[Any, int]] = {name: {} for name in _COUNTED}
    languages = _Languages()
    for batch in Corpus(home).batches(_COUNTED):
        for name in ("year", "source", "license"):
            _add(counts[name], pc.value_counts(batch.column(name)))
        _add(counts["categories"], pc.value_counts(pc.list_flatten(batch.column("categories"))))
        _add(counts["retracted"], pc.value_counts(batch.column("retracted")))
        _add(counts["doi"], pc.value_counts(pc.is_valid(batch.column("doi"))))
        has_abstract = pc.not_equal(batch.column("abstract"), pa.scalar(""))
        _add(counts["abstract"], pc.value_counts(has_abstract))
        beginnings = pc.utf8_slice_codeunits(batch.column("text"), 0, _JUDGED_CHARACTERS)
        languages.count(beginnings.to_pylist())
    years = counts["year"]
    shards = home.shards(KIND)
    return {
        "papers": len(Corpus(home)),
        "years": {str(year): years[year] for year in sorted(years, key=lambda y: y or 0) if year},
        "sources": _ranked(counts["source"]),
        "licenses": _ranked(counts["license"]),
        "categories": dict(list(_ranked(counts["categories"]).items())[:top]),
        "languages": _ranked(languages.counts),
        "n_categories": len(counts["categories"]),
        "n_with_doi": counts["doi"].get(True, 0),
        "n_with_abstract": counts["abstract"].get(True, 0),
        "n_without_year": years.get(None, 0),
        "n_retracted": counts["retracted"].get(True, 0),
        **_merged(home),
        "n_shards": len(shards),
        "bytes": sum(shard.size for shard in shards),
    }


def language_of(text: str, detector: Any = None) -> str:
    """Return the ISO 639-1 code of a text's language, or `other` where it is not told.

    Args:
        text: a title and an abstract, or their beginning.
        detector: of `lingua`, asked where common words do not say English; None for none.
    """
    words = text.lower().split()[:100]
    hits = sum(word in _ENGLISH for word in words)
    is_short = len(words) < _FEW_WORDS
    if not _TELLING.isdisjoint(words) and (is_short or hits >= _LEAST_SHARE * len(words)):
        return "en"
    found = detector.detect_language_of(text) if detector is not None else None
    return "other" if found is None else str(found.iso_code_639_1.name).lower()


class _Languages:
    """Counts the languages of texts; loads the detector when it is first needed."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._detector: Any = None
        self._is_loaded = False

    def count(self, texts: Iterable[str]) -> None:
        for text in texts:
            language = language_of(text)
            if language == "other":
                language = language_of(text, self._load())
            self.counts[language] += 1

    def _load(self) -> Any:
        if not self._is_loaded:
            self._is_loaded = True
            try:
                from lingua import LanguageDetectorBuilder
            except ImportError:
                return None
            builder = LanguageDetectorBuilder.from_all_languages()
            self._detector = builder.with_low_accuracy_mode().build()
        return self._detector


def _merged(home: Home) -> dict[str, object]:
    """Return how many records were merged into papers of others, and by what."""
    from ingest.corpus import has_records

    found: dict[str, int] = {}
    merged = 0
    with home.connect() as connection:
        if has_records(connection):
            query = "SELECT count(*) - count(DISTINCT owner) FROM records"
            (merged,) = connection.execute(query).fetchone()
            query = "SELECT how, count(*) FROM records WHERE id <> owner GROUP BY how"
            found = dict(connection.execute(query))
    return {"n_merged": merged, "merged_by": _ranked(found)}


def _add(counts: dict[Any, int], found: Any) -> None:
    """Add the value counts of one batch."""
    for value, count in zip(
        found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True
    ):
        counts[value] = counts.get(value, 0) + count


def _ranked(counts: Mapping[Any, int]) -> dict[str, int]:
    """Return counts, largest first; what is not known counts as `unknown`."""
    named = {"unknown" if value is None else str(value): n for value, n in counts.items()}
    return dict(sorted(named.items(), key=lambda item: (-item[1], item[0])))


def plot_years(home_path: Path, target: Path) -> None:
    """Draw the papers of each year as bars, stacked by source, to a PNG or SVG file.

    The smaller sources share one colour where there are more than seven. The file appears
    only when it is complete.

    Raises:
        HomeError: there is no home at `home_path`.
        InputError: no paper has a year, or the file cannot be written.
        UsageError: the file is neither PNG nor SVG by its name.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if target.suffix.lower() not in PLOT_SUFFIXES:
        raise UsageError(f"{target}: a plot is one of {', '.join(PLOT_SUFFIXES)}")
    counts = _years_by_source(home_path)
    if not counts:
        raise InputError(f"{target}: no paper has a year, there is nothing to draw")
    draft = target.with_name(f".{target.name}.tmp")
    with rc_context({"svg.hashsalt": "matlore", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(8.0, 4.5), facecolor="white", layout="constrained")
        FigureCanvasAgg(figure)
        _draw(figure.add_subplot(), counts)
        form = target.suffix.lower()[1:]
        metadata = {"Date": None} if form == "svg" else {"Software": None}
        try:
            figure.savefig(draft, format=form, dpi=200, metadata=metadata)
            draft.replace(target)
        except OSError as error:
            raise InputError(f"{target}: the plot cannot be written ({error})") from error
        finally:
            draft.unlink(missing_ok=True)


def _years_by_source(home_path: Path) -> dict[str, Counter[int]]:
    """Return papers by year for each source, the largest first."""
    from ingest.corpus import Corpus

    counts: dict[str, Counter[int]] = {}
    for batch in Corpus(Home.open(home_path)).batches(("year", "source")):
        columns = (batch.column(name).to_pylist() for name in ("year", "source"))
        for year, source in zip(*columns, strict=True):
            if year is not None:
                counts.setdefault(source or "unknown", Counter())[year] += 1
    ranked = sorted(counts, key=lambda source: (-counts[source].total(), source))
    if len(ranked) <= len(_COLOURS):
        return {source: counts[source] for source in ranked}
    shown = {source: counts[source] for source in ranked[: len(_COLOURS) - 1]}
    rest = sum((counts[source] for source in ranked[len(_COLOURS) - 1 :]), Counter[int]())
    return {**shown, "others": rest}


def _draw(axes: "Axes", counts: Mapping[str, Counter[int]]) -> None:
    """Draw the bars, and what is needed to read them."""
    from matplotlib.ticker import MaxNLocator

    years = sorted({year for counter in counts.values() for year in counter})
    below = [0] * len(years)
    for (source, counter), colour in zip(counts.items(), _COLOURS, strict=False):
        heights = [counter[year] for year in years]
        label = f"{source} ({counter.total():,})".replace("$", r"\$")
        shown = _OTHER_COLOUR if source == "others" else colour
        axes.bar(years, heights, bottom=below, width=0.85, color=shown, label=label)
        below = [one + height for one, height in zip(below, heights, strict=True)]
    axes.set_ylabel("papers per year", color=_INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=_GUIDE, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.figure.legend(loc="outside upper left", ncols=4, frameon=False, fontsize=9)
