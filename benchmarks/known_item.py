"""Known-item search: does a query made from a paper find the paper's abstract?

    python benchmarks/known_item.py HOME WORK [--encoder static] [--encoder transformer] [--dev]
                                    [--papers N] [--no-build]

Indexes the abstracts, without their titles, of all papers of a home into the folder WORK (goes
on where it was stopped; HOME is only read) and asks for papers of the test bucket, which no
encoder was trained on: 1,000 titles; 1,000 sentences of abstracts without formulas, words with
digits and every third of the other words; 300 titles whose terms are replaced by synonyms.
Prints MRR@10 and recall@10 with bootstrap intervals, and by how much fusion differs from its best
part on the same queries. With `--dev` it asks for papers of another bucket and prints the
weights of cosines instead: they are chosen there, never on the test bucket.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from numpy.typing import NDArray

from embeddings.encoders.base import TextEncoder, load_encoder
from embeddings.encoders.synonyms import other_words
from embeddings.fusion import ScoreWeights, add_scores
from embeddings.index import IndexedText, IndexWriter, SearchIndex
from embeddings.retrieval_measures import (
    first_rank,
    mean_of_sets,
    paired_difference,
    recall_values,
    reciprocal_values,
)
from embeddings.statistics import Estimate
from ingest.corpus import Corpus
from matlore.home import Home
from matlore.pipeline.encoder_train import known_item_bucket as bucket
from matlore.pipeline.index_sources import text_materials
from matlore.pipeline.search import POOL, fusion_weights
from matlore.pipeline.search_query import named_things
from matlore.records import text_hash
from ner.formulas import composition, is_formula_word
from ner.sentences import split_sentences

__all__: list[str] = []

Floats = NDArray[Any]

TEST, DEV = 0, 1
SEED = 20261126
SIZES = {"titles": 1000, "sentences": 1000, "synonyms": 300}
BLOCK = 4096
LEAST_WORDS = 6
_AROUND = ".,;:!?()[]{}\"'“”‘’"


class Query(NamedTuple):
    """A text, and the paper that it was made from."""

    paper: str
    text: str


def is_formula_or_number(word: str) -> bool:
    """Tell whether a word holds a digit or is the formula of a compound."""
    bare = word.strip(_AROUND)
    if any(character.isdigit() for character in bare):
        return True
    return is_formula_word(bare) and len(composition(bare)) > 1


def thinned(sentence: str) -> str | None:
    """Return a sentence without formulas, words with digits, and every third of the others.

    Returns:
        None where fewer than six words are left: too few to tell one paper from another.
    """
    words = [word for word in sentence.split() if not is_formula_or_number(word)]
    kept = [word for number, word in enumerate(words, 1) if number % 3]
    return " ".join(kept) if len(kept) >= LEAST_WORDS else None


def draw_queries(
    papers: Mapping[str, tuple[str, str]], sizes: Mapping[str, int] = SIZES, *, seed: int = SEED
) -> dict[str, list[Query]]:
    """Draw the three sets of queries; the same papers and seed give the same ones.

    Args:
        papers: title and abstract by id.
        sizes: how many queries each set gets, or as many as there are.
        seed: of the draws, one for each set and paper.
    """
    makers: dict[str, Callable[[str, str, Random], str | None]] = {
        "titles": lambda title, abstract, random: title.strip() or None,
        "sentences": lambda title, abstract, random: _sentence(abstract, random),
        "synonyms": lambda title, abstract, random: other_words(title, random),
    }
    drawn: dict[str, list[Query]] = {}
    for name, size in sizes.items():
        ids = sorted(papers)
        Random(f"{seed}:{name}").shuffle(ids)
        drawn[name] = found = []
        for id in ids:
            text = makers[name](*papers[id], Random(f"{seed}:{name}:{id}"))
            if text is not None:
                found.append(Query(id, text))
            if len(found) == size:
                break
    return drawn


def _sentence(abstract: str, random: Random) -> str | None:
    """Draw a sentence of which enough is left when it is thinned."""
    spans = split_sentences(abstract)
    random.shuffle(spans)
    texts = (thinned(abstract[start:end]) for start, end in spans)
    return next((text for text in texts if text is not None), None)


def read_papers(home: Path, limit: int | None) -> Iterator[tuple[str, str, str]]:
    """Yield id, title and abstract of papers that have an abstract, in corpus order."""
    done = 0
    for batch in Corpus(Home.open(home)).batches(["id", "text"]):
        columns = (batch.column(name).to_pylist() for name in ("id", "text"))
        for id, text in zip(*columns, strict=True):
            title, _, abstract = text.partition("\n")
            if abstract.strip():
                yield id, title, abstract
                done += 1
            if done == limit:
                return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--encoder", action="append", dest="encoders")
    parser.add_argument("--dev", action="store_true", help="choose weights of fusion")
    parser.add_argument("--papers", type=int, help="only the first ones of the corpus")
    parser.add_argument("--no-build", action="store_true", help="the indexes are complete")
    options = parser.parse_args()
    names: list[str] = options.encoders or ["static", "transformer"]
    options.work.mkdir(parents=True, exist_ok=True)
    if not options.no_build:
        for name in names:
            build(options.home, folder_of(options.work, name), load_encoder(name), options.papers)
    asked = DEV if options.dev else TEST
    papers = {
        id: (title, abstract)
        for id, title, abstract in read_papers(options.home, options.papers)
        if bucket(id) == asked
    }
    queries = draw_queries(papers)
    lists = cached_lists(options.work, names, queries, "dev" if options.dev else "test")
    print(f"{len(papers)} papers in the bucket; queries: {_counts(queries)}")
    if options.dev:
        print_grid(names, queries, lists)
    else:
        print_measures(names, queries, lists)


def folder_of(work: Path, encoder: str) -> Path:
    """Return where the index of an encoder is."""
    return work / f"abstracts-{Path(encoder).name}"


def build(home: Path, folder: Path, encoder: TextEncoder, limit: int | None) -> None:
    """Bring the index of an encoder up to date."""
    started, added = time.perf_counter(), 0
    with IndexWriter.open(folder, encoder) as writer:
        known = writer.known()
        texts = (
            IndexedText(id, text_hash(abstract), "", abstract, text_materials(abstract))
            for id, _, abstract in read_papers(home, limit)
            if id not in known
        )
        while block := list(islice(texts, BLOCK)):
            writer.add(block)
            added += len(block)
            seconds = time.perf_counter() - started
            print(f"{folder.name}: {added:,} added, {added / seconds:,.0f}/s", flush=True)
        card = writer.finish()
    print(f"{folder.name}: {card.rows:,} abstracts, {time.perf_counter() - started:.0f} s")


Lists = dict[str, dict[str, list[dict[str, float]]]]
"""By set of queries and method: the scores of what each query finds, best first. Under
`cosines of ENCODER` those of all that full text or the encoder finds."""


def cosines_of(encoder: str) -> str:
    """Return the name of an encoder's cosines in `Lists`."""
    return f"cosines of {encoder}"


def cached_lists(
    work: Path, names: Sequence[str], queries: Mapping[str, Sequence[Query]], what: str
) -> Lists:
    """Return what full text and each encoder find; kept in WORK until indexes or queries change."""
    stamp = _stamp(work, names, queries)
    path = work / f"lists-{what}.json"
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["stamp"] == stamp:
            found: Lists = kept["lists"]
            return found
    lists: Lists = {name: {} for name in queries}
    for encoder_name in names:
        encoder = load_encoder(encoder_name)
        with SearchIndex.open(folder_of(work, encoder_name)) as index:
            for name, asked in queries.items():
                lists[name].setdefault("text", text_lists(index, asked))
                _add_dense(lists[name], index, encoder, encoder_name, asked)
    path.write_text(json.dumps({"stamp": stamp, "lists": lists}), encoding="utf-8")
    return lists


def _add_dense(
    lists: dict[str, list[dict[str, float]]],
    index: SearchIndex,
    encoder: TextEncoder,
    name: str,
    queries: Sequence[Query],
) -> None:
    """Add what an encoder finds, and the cosines of what full text finds."""
    vectors = encoder.encode([query.text for query in queries])
    dense = [dict(index.dense(vector, POOL)) for vector in vectors]
    lists[name] = dense
    lists[cosines_of(name)] = [
        {**index.similarities(text, vector), **near}
        for text, vector, near in zip(lists["text"], vectors, dense, strict=True)
    ]


def _stamp(work: Path, names: Sequence[str], queries: Mapping[str, Sequence[Query]]) -> str:
    asked = [POOL, {name: list(queries[name]) for name in queries}]
    digest = sha256(json.dumps(asked).encode())
    for name in names:
        with SearchIndex.open(folder_of(work, name)) as index:
            digest.update(f"{name} {index.card}".encode())
    return digest.hexdigest()


def text_lists(index: SearchIndex, queries: Sequence[Query]) -> list[dict[str, float]]:
    found = []
    for query in queries:
        materials = named_things(query.text).materials
        found.append(dict(index.full_text(query.text, POOL, materials=materials)))
    return found


def fused(
    text: Sequence[Mapping[str, float]],
    cosines: Sequence[Mapping[str, float]],
    weights: ScoreWeights,
) -> list[list[str]]:
    """Return the fused list of each query, as `matlore search` makes it without a graph."""
    return [
        [key for key, _ in add_scores({"text": words}, near, weights)]
        for words, near in zip(text, cosines, strict=True)
    ]


def ranks(queries: Sequence[Query], found: Iterable[Sequence[str]]) -> list[int | None]:
    return [first_rank(ids, query.paper) for query, ids in zip(queries, found, strict=True)]


MEASURES = {"MRR@10": reciprocal_values, "recall@10": recall_values}
WEIGHTS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0)


def print_measures(
    names: Sequence[str], queries: Mapping[str, Sequence[Query]], lists: Lists
) -> None:
    """Print each measure of each method by set and on average, then what fusion gains."""
    for measure, values_of in MEASURES.items():
        values = _values(names, queries, lists, values_of)
        methods = list(next(iter(values.values())))
        print(f"\n| {measure} | {' | '.join([*queries, 'mean'])} |")
        print("|---" * (len(queries) + 2) + "|")
        for method in methods:
            cells = [interval(mean_of_sets([values[name][method]])) for name in queries]
            cells.append(interval(mean_of_sets([values[name][method] for name in queries])))
            print(f"| {method} | {' | '.join(cells)} |")
        for encoder in names:
            print(f"| text + {encoder} - best part | {' | '.join(_gains(values, encoder))} |")


def _values(
    names: Sequence[str],
    queries: Mapping[str, Sequence[Query]],
    lists: Lists,
    values_of: Callable[[Sequence[int | None]], Floats],
) -> dict[str, dict[str, Floats]]:
    """Return by set and method the value of each query."""
    found: dict[str, dict[str, Floats]] = {}
    for name, asked in queries.items():
        text = lists[name]["text"]
        methods: dict[str, Sequence[Sequence[str]]] = {"text": [list(one) for one in text]}
        for encoder in names:
            methods[encoder] = [list(one) for one in lists[name][encoder]]
        for encoder in names:
            weights = fusion_weights(encoder)
            methods[f"text + {encoder}"] = fused(text, lists[name][cosines_of(encoder)], weights)
        found[name] = {key: values_of(ranks(asked, ids)) for key, ids in methods.items()}
    return found


def _gains(values: Mapping[str, Mapping[str, Floats]], encoder: str) -> list[str]:
    """Return for each set, and for their mean, the paired difference to the best part."""
    fusion, parts = f"text + {encoder}", ("text", encoder)
    cells = []
    for one in values.values():
        best = max(parts, key=lambda part: one[part].mean())
        cells.append(interval(paired_difference(one[fusion], one[best]), sign="+"))
    best = max(parts, key=lambda part: sum(one[part].mean() for one in values.values()))
    differences = [one[fusion] - one[best] for one in values.values()]
    return [*cells, interval(mean_of_sets(differences), sign="+")]


def print_grid(names: Sequence[str], queries: Mapping[str, Sequence[Query]], lists: Lists) -> None:
    """Print MRR@10 of fusion by the weight of cosines, the best mean first."""
    for encoder in names:
        best = [
            max(
                _means({name: queries[name]}, {name: [list(one) for one in lists[name][part]]})[0]
                for part in ("text", encoder)
            )
            for name in queries
        ]
        print(f"\n| weight, {encoder} | {' | '.join(queries)} | mean | least gain |")
        print("|---" * (len(queries) + 3) + "|")
        rows = []
        for weight in WEIGHTS:
            found = {
                name: fused(
                    lists[name]["text"], lists[name][cosines_of(encoder)], ScoreWeights(weight)
                )
                for name in queries
            }
            rows.append((_means(queries, found), weight))
        for means, weight in sorted(rows, key=lambda row: -sum(row[0])):
            cells = " | ".join(f"{mean:.3f}" for mean in means)
            gain = min(mean - part for mean, part in zip(means, best, strict=True))
            print(f"| {weight} | {cells} | {sum(means) / len(means):.4f} | {gain:+.4f} |")


def _means(
    queries: Mapping[str, Sequence[Query]], found: Mapping[str, Sequence[Sequence[str]]]
) -> list[float]:
    return [
        float(reciprocal_values(ranks(asked, found[name])).mean())
        for name, asked in queries.items()
    ]


def interval(found: Estimate, *, sign: str = "") -> str:
    """Return an estimate as a cell of a table: `0.812 (0.790 to 0.833)`."""
    if found.value is None:
        return "-"
    if found.low is None or found.high is None:
        return f"{found.value:{sign}.3f}"
    return f"{found.value:{sign}.3f} ({found.low:{sign}.3f} to {found.high:{sign}.3f})"


def _counts(queries: Mapping[str, Sequence[Query]]) -> str:
    return ", ".join(f"{len(asked):,} {name}" for name, asked in queries.items())


if __name__ == "__main__":
    main()
