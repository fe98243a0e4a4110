"""Speed of the tagger against a BERT-base in Hugging Face's pipeline, and spaCy's CPU NER.

    python benchmarks/ner_speed.py FOLDER_OR_FILE… [--sentences 1000] [--screen 200] [--rounds 3]

Takes sentences of raw abstracts, one a paper, drawn by seed. Each figure comes from a new
process, bound to the cores it may use, that first tags other sentences: models are loaded
and caches hold what those had, no more. Batch sizes of the pipeline are tried on the first
sentences (`--screen`), in the order drawn and sorted by length; the best as drawn is then
timed on all, as the others are, in turns. Weights of BERT are random (speed does not depend
on them) and biased to find nothing, which spares the pipeline its work on what it found.
Needs `pip install '.[train,spacy]'`; on two cores it takes about a quarter of an hour.
"""

import argparse
import importlib.util
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from draw_sentences import draw

from matlore.errors import MatloreError
from ner.tagger import load_tagger

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__: list[str] = []

OURS, PIPELINE, SPACY = "matlore", "pipeline, BERT-base float32", "spaCy"
_LIBRARIES = ("torch", "transformers", "spacy", "tokenizers", "onnxruntime")
_WARM = {OURS: 64, PIPELINE: 8, SPACY: 64}
_BUSY = 1.2  # drawing the sentences keeps one core busy
_LABELS = 15

Tag = Callable[[Sequence[str]], object]


class Case(NamedTuple):
    """What is timed: sentences a batch (0: all at once), and whether sorted by length."""

    system: str
    cores: int
    batch: int
    by_length: bool = False


class Texts(NamedTuple):
    """Sentences to time, and others to get warm with."""

    timed: list[str]
    warm: list[str]


class Figure(NamedTuple):
    """What came out: sentences a second on how many, and a note."""

    speed: float
    sentences: int
    note: str


def main() -> None:
    """Time all and print a table."""
    options = _options()
    _require(_LIBRARIES)
    try:
        load_tagger(options.model)
    except MatloreError as error:  # at once, not after minutes of others' work
        sys.exit(str(error))
    folders = (
        sorted(path.glob("*.jsonl.gz")) if path.is_dir() else [path] for path in options.paths
    )
    files = [file for files in folders for file in files]
    drawn = draw(files, random.Random(options.seed))
    most = max(_WARM.values())
    texts = [sentence.text for sentence in islice(drawn, options.sentences + most)]
    all_texts = Texts(texts[most:], texts[:most])
    if not all_texts.timed:
        sys.exit(f"{options.paths[0]}: too few papers about materials; name more of a corpus")
    _print_head(all_texts, options)
    tried = _screened(all_texts, options)
    best = max((case for case in tried if not case.by_length), key=lambda c: tried[c].speed)
    _print_table(tried, best)
    _print_table(_in_turns(_cases(best, options), all_texts, options), best)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", type=Path, help="*.jsonl.gz, or folders of them")
    parser.add_argument("--sentences", type=int, default=1000)
    parser.add_argument("--screen", type=int, default=200, help="sentences per batch size tried")
    parser.add_argument("--rounds", type=int, default=3, help="the median counts")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--batches", type=_numbers, default=[1, 8, 16, 32, 64])
    parser.add_argument("--ours", type=_numbers, default=[1, 8, 64, 0], help="0: all at once")
    parser.add_argument("--model", type=Path, help="a tagger's folder; by default what ships")
    parser.add_argument(
        "--tokenizer", type=Path, help="tokenizer.json for BERT; by default the tagger's"
    )
    parser.add_argument("--seed", type=int, default=20261126)
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _require(libraries: Sequence[str]) -> None:
    missing = [name for name in libraries if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"{', '.join(missing)} not installed: python -m pip install '.[train,spacy]'")


# What is timed


def _screened(texts: Texts, options: argparse.Namespace) -> dict[Case, Figure]:
    """Time the pipeline's batch sizes on the first sentences, once each."""
    few = texts._replace(timed=texts.timed[: options.screen])
    tried = [Case(PIPELINE, options.cores, batch) for batch in options.batches]
    tried += [case._replace(by_length=True) for case in tried if case.batch > 1]
    return {case: _timed(case, few, options) for case in tried}


def _cases(best: Case, options: argparse.Namespace) -> list[Case]:
    """Return what is timed on all sentences; what others are compared with comes first."""
    ours = [Case(OURS, options.cores, batch) for batch in options.ours]
    one_core = [best._replace(cores=1), Case(SPACY, 1, 256), Case(OURS, 1, options.ours[-1])]
    return list(dict.fromkeys([best, *ours, *one_core]))


def _in_turns(
    cases: Sequence[Case], texts: Texts, options: argparse.Namespace
) -> dict[Case, Figure]:
    """Time each case once a round, so that what slows the machine meets all of them."""
    rounds = [[_timed(case, texts, options) for case in cases] for _ in range(options.rounds)]
    return {
        case: row[0]._replace(speed=median(figure.speed for figure in row))
        for case, row in zip(cases, zip(*rounds, strict=True), strict=True)
    }


def _timed(case: Case, texts: Texts, options: argparse.Namespace) -> Figure:
    """Time a case in a process of its own."""
    sys.stderr.write(f"{case.system}, cores: {case.cores}, batch: {case.batch or 'all'}\n")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_measure, case, texts, options).result()


def _measure(case: Case, texts: Texts, options: argparse.Namespace) -> Figure:
    """Load, tag some other sentences, and time."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: case.cores])
    makers = {OURS: _ours, PIPELINE: _pipeline, SPACY: _spacy}
    tag, note = makers[case.system](case, texts, options)
    tag(texts.warm[: _WARM[case.system]])
    begun = time.perf_counter()
    tag(sorted(texts.timed, key=len) if case.by_length else texts.timed)
    return Figure(len(texts.timed) / (time.perf_counter() - begun), len(texts.timed), note)


# Taggers


def _ours(case: Case, texts: Texts, options: argparse.Namespace) -> tuple[Tag, str]:
    tagger = load_tagger(options.model, threads=case.cores)

    def tag(sentences: Sequence[str]) -> None:
        size = case.batch or len(sentences)
        for start in range(0, len(sentences), size):
            tagger.tag(sentences[start : start + size])

    return tag, tagger.version


def _pipeline(case: Case, texts: Texts, options: argparse.Namespace) -> tuple[Tag, str]:
    import torch
    from transformers import (
        BertConfig,
        BertForTokenClassification,
        PreTrainedTokenizerFast,
        pipeline,
    )

    torch.set_num_threads(case.cores)
    torch.manual_seed(0)
    words, note = _bert_tokenizer(texts, options)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=512,
    )
    names = {0: "O", **{k: f"B-{k}" for k in range(1, _LABELS)}}
    model = BertForTokenClassification(BertConfig(num_labels=_LABELS, id2label=names)).eval()
    with torch.no_grad():
        model.classifier.bias[0] = 100.0
    run = pipeline(
        "token-classification",
        model=model,
        tokenizer=tokenizer,
        aggregation_strategy="simple",
        device="cpu",
    )
    return lambda sentences: run(list(sentences), batch_size=case.batch), note


def _bert_tokenizer(texts: Texts, options: argparse.Namespace) -> "tuple[Tokenizer, str]":
    """Return a WordPiece tokenizer with BERT's frame: the tagger's, or one trained here."""
    from tokenizers import Tokenizer
    from tokenizers.processors import TemplateProcessing

    from ner.card import NER_FOLDER, TOKENIZER

    file = options.tokenizer or (options.model or NER_FOLDER) / TOKENIZER
    if file.is_file():
        tokenizer, note = Tokenizer.from_file(str(file)), f"pieces of {file.parent.name}"
    else:
        tokenizer, note = _trained([*texts.timed, *texts.warm]), "pieces trained on the sentences"
    tokenizer.no_padding()
    tokenizer.no_truncation()
    special = [(name, _number(tokenizer, name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=special)
    return tokenizer, note


def _number(tokenizer: "Tokenizer", piece: str) -> int:
    number = tokenizer.token_to_id(piece)
    if number is None:
        sys.exit(f"the tokenizer has no piece {piece}: name BERT's with --tokenizer")
    return int(number)


def _trained(texts: Sequence[str]) -> "Tokenizer":
    from tokenizers.trainers import WordPieceTrainer

    from matlore.bert.wordpieces import SPECIAL, wordpiece_tokenizer

    tokenizer = wordpiece_tokenizer(SPECIAL)
    trainer = WordPieceTrainer(vocab_size=10_000, special_tokens=list(SPECIAL), show_progress=False)
    tokenizer.train_from_iterator(iter(texts), trainer)
    return tokenizer


def _spacy(case: Case, texts: Texts, options: argparse.Namespace) -> tuple[Tag, str]:
    import spacy
    from spacy.util import is_package

    nlp: Any
    if is_package("en_core_web_sm"):
        nlp, note = spacy.load("en_core_web_sm", enable=["tok2vec", "ner"]), "en_core_web_sm"
    else:
        # The same kind of network, with spaCy's default sizes.
        nlp, note = spacy.blank("en"), "its default CNN, random weights"
        component = nlp.add_pipe("ner")
        for k in range(7):
            component.add_label(f"LABEL{k}")
        nlp.initialize()
    return lambda sentences: list(nlp.pipe(sentences, batch_size=case.batch)), note


# The table


def _print_head(texts: Texts, options: argparse.Namespace) -> None:
    words = sum(len(text.split()) for text in texts.timed) / len(texts.timed)
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    print(f"{len(texts.timed)} sentences of {words:.1f} words; {_processor()}; {libraries}")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"rounds: {options.rounds}, the median counts; load before: {load:.2f}\n", flush=True)
    if load > _BUSY:
        sys.stderr.write(
            "the machine is busy: torch's threads wait for each other, and the pipeline on"
            " several cores will look far too slow\n"
        )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} cores of {names[0] if names else 'an unknown processor'}"


def _print_table(figures: dict[Case, Figure], best: Case) -> None:
    """Print figures, with how many times as fast as the best pipeline on as many cores."""
    print("| tagger | cores | batch | sentences | sentences/s | times the pipeline |")
    print("|---|---:|---|---:|---:|---:|")
    for case, figure in figures.items():
        batch = f"{case.batch or 'all'}{', by length' if case.by_length else ''}"
        reference = figures[best._replace(cores=case.cores)].speed
        print(
            f"| {case.system} ({figure.note}) | {case.cores} | {batch} | {figure.sentences:,}"
            f" | {figure.speed:,.1f} | {figure.speed / reference:.2f} |"
        )
    print(flush=True)


if __name__ == "__main__":
    main()
