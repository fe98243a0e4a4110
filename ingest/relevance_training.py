"""Train the model of relevance on weak labels, and measure it on labels by hand.

Nobody labelled a quarter of a million papers: arXiv's categories and the formulas that a
text names label those that are clear (`weak_label`), the others are left out.
"""

import datetime
import platform
import re
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matlore.errors import InputError, UsageError
from matlore.progress import Progress, no_progress
from ner.formulas import ELEMENTS

from .relevance import FORMULA, RelevanceModel, features, save_model

__all__ = ["RelevanceSettings", "measures", "read_labels", "train_relevance", "weak_label"]

_ROW = ("id", "ids", "text", "abstract", "categories", "source", "license")
_INSIDE = frozenset(
    "cond-mat cond-mat.mes-hall cond-mat.str-el cond-mat.supr-con cond-mat.other supr-con".split()
)
_MATERIALS = frozenset(["cond-mat.mtrl-sci", "mtrl-th"])
_OUTSIDE = re.compile(
    r"cond-mat\.(quant-gas|soft|stat-mech)|hep|math|q-bio|cs\.|nlin|astro|gr-qc|nucl|econ|eess"
    r"|stat\.|chao-|patt-|adap-|comp-gas|solv-|physics\.(gen-ph|soc-ph|bio-ph|flu-dyn|plasm-ph"
    r"|class-ph|med-ph|hist-ph|ed-ph|ao-ph|geo-ph|space-ph|atom-ph|data-an|acc-ph|pop-ph)"
)
_PHYSICS = re.compile(r"cond-mat|quant-ph|physics\.")
_MATERIAL_WORDS = frozenset(
    "graphene graphite diamond nanotube nanotubes perovskite perovskites cuprate cuprates "
    "pnictide pnictides pyrochlore alloy alloys steel oxide oxides semiconductor semiconductors "
    "mxene mxenes heusler manganite manganites chalcogenide chalcogenides dichalcogenide "
    "dichalcogenides ceramic ceramics zeolite zeolites nitride carbide silica sapphire quartz "
    "ferrite ferrites spinel fullerene fullerides nanocrystals silicon intermetallic "
    "intermetallics borophene phosphorene silicene skutterudite clathrate aluminum aluminium "
    "antimony arsenic barium beryllium bismuth boron bromine cadmium calcium carbon cerium "
    "chlorine chromium cobalt copper dysprosium erbium europium fluorine gadolinium gallium "
    "germanium gold hafnium holmium indium iodine iridium iron lanthanum lead lithium lutetium "
    "magnesium manganese molybdenum neodymium nickel niobium osmium palladium phosphorus "
    "platinum plutonium potassium praseodymium rhenium rhodium ruthenium samarium scandium "
    "selenium silver sodium strontium sulfur sulphur tantalum tellurium terbium thallium "
    "thulium tin titanium tungsten vanadium ytterbium yttrium zinc zirconium".split()
) | frozenset(symbol for symbol in ELEMENTS if len(symbol) == 2)
_MANY_ELEMENTS = 4


@dataclass(frozen=True)
class RelevanceSettings:
    """What the training is told.

    Attributes:
        papers: weakly labelled papers to train on at most, chosen by the hash of their ids.
        held_out: further such papers to measure on.
        words: size of the vocabulary at most.
        min_papers: papers that must hold a word.
        inverse_penalty: scikit-learn's `C` of the L2 penalty.
    """

    papers: int = 110_000
    held_out: int = 10_000
    words: int = 18_000
    min_papers: int = 8
    inverse_penalty: float = 1.0


@dataclass
class _Rows:
    """Weakly labelled papers: word numbers and label of each, with their origins."""

    numbers: dict[str, int] = field(default_factory=dict)
    words: "list[array[int]]" = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    origins: Counter[tuple[str, str]] = field(default_factory=Counter)
    hand: dict[str, str] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any], label: int) -> None:
        """Add a paper with its weak label."""
        found = (self.numbers.setdefault(w, len(self.numbers)) for w in features(row["text"]))
        self.words.append(array("i", sorted(found)))
        self.labels.append(label)
        self.keys.append(sha256(row["id"].encode()).digest())
        self.origins[row["source"] or "unknown", row["license"] or "unknown"] += 1


def train_relevance(
    rows: Iterable[Mapping[str, Any]],
    folder: Path,
    *,
    labels: Mapping[str, int] | None = None,
    settings: RelevanceSettings | None = None,
    command: str | None = None,
    progress: Progress = no_progress,
) -> RelevanceModel:
    """Train a model on weak labels and write it, with its card.

    Args:
        rows: papers with the fields id, ids, text, abstract, categories, source, license.
        folder: where the model goes.
        labels: id to 0 or 1 by hand: these papers are kept out of the training and
            measured on, at the threshold 0.5.
        settings: None for the default.
        command: recorded in the card.
        progress: told of each paper.

    Raises:
        UsageError: scikit-learn is not installed.
        InputError: the papers are too few, or too much alike, to train on.
    """
    regression = _library()
    settings = settings or RelevanceSettings()
    read = _read(rows, labels or {}, progress)
    if min(Counter(read.labels).get(label, 0) for label in (0, 1)) < 1:
        raise InputError("no clear papers of both kinds to train on; `matlore ingest file` more")
    order = sorted(range(len(read.keys)), key=read.keys.__getitem__)
    chosen = order[: settings.papers + settings.held_out]
    held = min(settings.held_out, len(chosen) // 10)
    vocabulary = _vocabulary(read, chosen[held:], settings)
    matrix = _matrix([read.words[i] for i in chosen], vocabulary, len(read.numbers))
    target = np.array([read.labels[i] for i in chosen])
    fitted = regression.LogisticRegression(C=settings.inverse_penalty, max_iter=500)
    fitted.fit(matrix[held:], target[held:])
    names = {number: word for word, number in read.numbers.items()}
    weights = {names[n]: float(w) for n, w in zip(vocabulary, fitted.coef_[0], strict=True)}
    bias = float(fitted.intercept_[0])
    card = _card(read, target[held:], settings, command)
    weak = measures(fitted.predict_proba(matrix[:held])[:, 1], target[:held])
    card["metrics"] = {"weak labels, held out": weak}
    model = save_model(folder, weights, bias, card)
    if not read.hand:
        return model
    ids = sorted(read.hand)
    scores = [model.score(read.hand[id]) for id in ids]
    by_hand = measures(scores, [(labels or {})[id] for id in ids])
    card["metrics"]["labels by hand"] = by_hand
    return save_model(folder, weights, bias, card)


def weak_label(text: str, categories: Sequence[str]) -> int | None:
    """Return what categories and named materials say of a paper.

    Args:
        text: cleaned title, a newline, the cleaned abstract.
        categories: arXiv's, the primary one first, or keywords.

    Returns:
        1 about inorganic materials, 0 not, None where it is unclear.
    """
    first = categories[0] if categories else ""
    found, title = features(text), features(text.partition("\n")[0])
    names_material = FORMULA in found or not found.isdisjoint(_MATERIAL_WORDS)
    in_title = FORMULA in title or not title.isdisjoint(_MATERIAL_WORDS)
    near = not _MATERIALS.isdisjoint(categories)
    rich = FORMULA in found and len(found & ELEMENTS) >= _MANY_ELEMENTS
    if first in _MATERIALS:
        return 1 if names_material else None
    if _OUTSIDE.match(first):
        return None if near or in_title else 0
    if first in _INSIDE and (in_title or rich or (near and FORMULA in found)):
        return 1
    if not _PHYSICS.match(first) and (FORMULA in title or rich):
        return 1
    return None if names_material or near else 0


def read_labels(path: Path) -> dict[str, int]:
    """Read labels by hand: lines of id, tab, 0 or 1; `#` begins a comment.

    Raises:
        InputError: the file cannot be read, or a line is none of these.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    labels: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        id, _, label = line.strip().partition("\t")
        if not id or id.startswith("#") or label == "label":
            continue
        if label not in ("0", "1"):
            raise InputError(f"{path}, line {number}: expected an id, a tab, and 0 or 1")
        labels[id] = int(label)
    return labels


def measures(
    scores: Sequence[float] | NDArray[np.float64],
    labels: Sequence[int] | NDArray[np.int64],
    *,
    threshold: float = 0.5,
    samples: int = 2000,
) -> dict[str, Any]:
    """Return precision, recall and F1, each with a bootstrap interval of 95 %.

    Args:
        scores: of the papers, 0 to 1.
        labels: 1 for relevant papers, in the same order.
        threshold: a score from which a paper counts as relevant.
        samples: of the bootstrap over papers.
    """
    taken, true = np.asarray(scores) >= threshold, np.asarray(labels) == 1
    counts = np.array([(taken & true).sum(), (taken & ~true).sum(), (~taken & true).sum()])
    shares = np.append(counts, len(true) - counts.sum()) / max(1, len(true))
    drawn = np.random.default_rng(0).multinomial(len(true), shares, size=samples)
    low, high = np.percentile(_rates(drawn[:, :3]), [2.5, 97.5], axis=0)
    names = ("precision", "recall", "f1")
    result: dict[str, Any] = {"n": len(true), "relevant": int(true.sum()), "threshold": threshold}
    for name, value, *bounds in zip(names, _rates(counts[None])[0], low, high, strict=True):
        result[name] = round(float(value), 4)
        result[f"{name}_interval"] = [round(float(bound), 4) for bound in bounds]
    return result


def _rates(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Return (n, 3) precision, recall, F1 of (n, 3) right, wrongly taken, missed."""
    right, wrong, missed = counts.T.astype(float)
    parts = [
        (right, right + wrong),
        (right, right + missed),
        (2 * right, 2 * right + wrong + missed),
    ]
    return np.stack([a / np.maximum(b, 1) for a, b in parts], axis=1)


def _library() -> Any:
    try:
        from sklearn import linear_model
    except ImportError as error:
        raise UsageError('training needs scikit-learn: pip install "matlore[train]"') from error
    return linear_model


def _read(rows: Iterable[Mapping[str, Any]], hand: Collection[str], progress: Progress) -> _Rows:
    """Label papers that have an abstract; the texts of those labelled by hand are kept apart."""
    read = _Rows()
    for row in rows:
        progress()
        known = [id for id in (row["id"], *row["ids"]) if id in hand]
        if known:
            read.hand[known[0]] = row["text"]
        elif row["abstract"]:
            label = weak_label(row["text"], row["categories"] or ())
            if label is not None:
                read.add(row, label)
    return read


def _vocabulary(read: _Rows, chosen: Sequence[int], settings: RelevanceSettings) -> list[int]:
    """Return the numbers of the words that most papers hold."""
    papers: Counter[int] = Counter()
    for i in chosen:
        papers.update(read.words[i])
    common = sorted(papers, key=lambda number: (-papers[number], number))[: settings.words]
    return [number for number in common if papers[number] >= settings.min_papers]


def _matrix(papers: "Sequence[array[int]]", vocabulary: Sequence[int], size: int) -> Any:
    """Return a (papers, words) sparse matrix, the rows of length 1."""
    from scipy.sparse import csr_matrix

    column = np.full(size, -1, dtype=np.int32)
    column[vocabulary] = np.arange(len(vocabulary), dtype=np.int32)
    found = (column[np.frombuffer(words, dtype=np.int32)] for words in papers)
    kept = [columns[columns >= 0] for columns in found]
    lengths = np.array([len(known) for known in kept])
    values = np.repeat(1 / np.sqrt(np.maximum(lengths, 1)), lengths).astype(np.float32)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    shape = (len(papers), len(vocabulary))
    return csr_matrix((values, np.concatenate(kept), starts), shape=shape)


def _card(
    read: _Rows, target: NDArray[Any], settings: RelevanceSettings, command: str | None
) -> dict[str, Any]:
    """Return the fields of a card that are known before measuring."""
    sources: Counter[str] = Counter()
    licenses: Counter[str] = Counter()
    for (source, license), papers in read.origins.items():
        sources[source] += papers
        licenses[license] += papers
    return {
        "trained": datetime.date.today().isoformat(),
        "data": {
            "labelled": "weakly, by category and named materials; unclear papers left out",
            "papers": len(target),
            "relevant": int(target.sum()),
            "chosen_from": len(read.labels),
            "sources": dict(sources.most_common()),
            "licenses": dict(licenses.most_common()),
        },
        "settings": asdict(settings),
        "versions": {
            "python": platform.python_version(),
            "scikit-learn": version("scikit-learn"),
        },
        "command": command,
    }
