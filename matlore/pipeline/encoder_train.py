"""Training the encoders that ship with matlore, from a corpus and a base model."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from matlore.errors import ArtifactError, InputError
from matlore.home import Home
from matlore.progress import Progress, no_progress

from .ner_train import need_train_extra

if TYPE_CHECKING:
    import numpy as np

    from embeddings.encoders.cards import EncoderCard
    from embeddings.encoders.pairs import TrainingPapers, TrainingText

__all__ = ["export_encoder", "known_item_bucket", "prepare_encoder", "train_encoder"]

PAPERS, DEV, BASE, CONFIG = "papers.npz", "dev.npz", "base.safetensors", "config.json"
NETWORK, STATIC, RECORD = "transformer.safetensors", "static.safetensors", "training.json"
_BUCKETS = 50
_DEV = 1
_POSITIONS = 256
_STATIC_SIZE = 256
_LONGEST = 200
_LEAST_TEXT = 300  # characters
_MOST_ABSTRACT = 1_500
_OTHER_TITLES = 0.6  # of the papers
_VOCABULARY_SAMPLE = 80_000
_SAMPLE = 300


def known_item_bucket(id: str) -> int:
    """Return which of 50 parts of a corpus a paper is in: 0 is for tests, 1 for choices."""
    return int(sha256(f"known-item:{id}".encode()).hexdigest()[:8], 16) % _BUCKETS


def prepare_encoder(
    home_path: Path,
    base: Path,
    out: Path,
    *,
    papers: int | None = None,
    vocabulary: int = 11_000,
    whole_words: int = 8_500,
    seed: int = 5,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Write what encoders are trained on: papers as pieces, and the base model's weights.

    Papers of the buckets 0 and 1 (`known_item_bucket`) are never trained on. Materials science
    comes first where not all papers are taken.

    Args:
        home_path: whose papers are read.
        base: folder of a sentence-transformers BERT: config.json, model.safetensors,
            tokenizer.json.
        out: folder.
        papers: how many to train on; None for all.
        vocabulary: pieces of the cut vocabulary.
        whole_words: how many of the commonest words stay whole.
        seed: of everything that is drawn.
        progress: told of papers.

    Raises:
        ArtifactError: `base` is no BERT.
        InputError: the home has no paper to train on.
    """
    from embeddings.encoders.pairs import choose_vocabulary, encode_papers
    from matlore.bert.wordpieces import load_tokenizer

    old = load_tokenizer(base)
    found = list(_texts(Home.open(home_path), progress))
    if not found:
        raise InputError(f"{home_path}: no papers to train on; `matlore ingest file PATH`")
    random = Random(seed)
    train = [one for one in found if known_item_bucket(one[0]) > _DEV]
    random.shuffle(train)
    sample = (text for _, text, _ in train[:_VOCABULARY_SAMPLE])
    pieces = choose_vocabulary(sample, old, size=vocabulary, whole=whole_words)
    train.sort(key=lambda one: one[2] <= 0.2)
    train = train[:papers]
    random.shuffle(train)
    dev = [one for one in found if known_item_bucket(one[0]) == _DEV]
    out.mkdir(parents=True, exist_ok=True)
    for name, chosen in ((PAPERS, train), (DEV, dev)):
        rows = (_training_text(text, random) for _, text, _ in chosen)
        encode_papers(rows, pieces).save(out / name)
    _write_base(base, pieces, out)
    return {"papers": len(train), "dev": len(dev), "pieces": len(pieces), "folder": str(out)}


def _texts(home: Home, progress: Progress) -> Iterator[tuple[str, str, float]]:
    """Yield id, text and relevance of the papers that are long enough."""
    from ingest.corpus import Corpus

    corpus = Corpus(home)
    progress(0, total=len(corpus), text="reading papers")
    for batch in corpus.batches(("id", "text", "relevance")):
        for row in batch.to_pylist():
            if len(row["text"]) > _LEAST_TEXT:
                yield row["id"], row["text"], row["relevance"] or 0.0
        progress(batch.num_rows)


def _training_text(text: str, random: Random) -> "TrainingText":
    from embeddings.encoders.pairs import TrainingText
    from embeddings.encoders.synonyms import other_words
    from ner.sentences import split_sentences

    title, _, abstract = text.partition("\n")
    other = other_words(title, random) if random.random() < _OTHER_TITLES else None
    sentences, length = [], 0
    for start, end in split_sentences(abstract):
        sentences.append(abstract[start:end])
        length += end - start
        if length > _MOST_ABSTRACT:
            break
    return TrainingText(title, [other] if other else [], sentences)


def _write_base(base: Path, pieces: list[str], out: Path) -> None:
    """Write the weights of a BERT with a new vocabulary: a new piece is the mean of old ones."""
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load_file, save_file

    from matlore.bert.wordpieces import PAD, load_tokenizer, old_pieces

    try:
        config = json.loads((base / CONFIG).read_text(encoding="utf-8"))
        weights = load_file(base / "model.safetensors")
        words = weights["embeddings.word_embeddings.weight"].astype(np.float32)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ArtifactError(
            f"{base}: no BERT can be read from it ({error}); config.json, model.safetensors and"
            " tokenizer.json of one are needed"
        ) from error
    made = old_pieces(pieces, load_tokenizer(base))
    kept = {
        name: value.astype(np.float32)
        for name, value in weights.items()
        if not name.startswith("pooler.") and not name.endswith("_ids")
    }
    kept["embeddings.word_embeddings.weight"] = np.stack([words[ids].mean(0) for ids in made])
    positions, types = (f"embeddings.{n}_embeddings.weight" for n in ("position", "token_type"))
    kept[positions] = kept[positions][:_POSITIONS].copy()
    kept[types] = kept[types][:1].copy()
    save_file(kept, str(out / BASE))
    config |= {
        "vocab_size": len(pieces),
        "max_position_embeddings": len(kept[positions]),
        "type_vocab_size": 1,
        "pad_token_id": pieces.index(PAD),
    }
    (out / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def train_encoder(
    prepared: Path,
    *,
    static: Mapping[str, Any],
    transformer: Mapping[str, Any],
    workers: int = 2,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Train both encoders, on a GPU where there is one, and write them into the folder.

    The static one comes first: its clusters give the transformer half of its batches.

    Args:
        prepared: what `prepare_encoder` wrote.
        static: fields of `ContrastiveSettings` for the static encoder.
        transformer: likewise for the transformer.
        workers: processes that draw pairs.
        progress: told what is being done.

    Raises:
        ArtifactError: the folder is not what `prepare_encoder` wrote.
        UsageError: torch or transformers is not installed.
    """
    need_train_extra()
    import torch
    from safetensors.torch import save_file

    from embeddings.encoders import contrastive
    from embeddings.encoders.drawing import ContrastiveSettings
    from embeddings.encoders.pairs import TrainingPapers

    device = "cuda" if torch.cuda.is_available() else "cpu"
    papers = TrainingPapers.load(prepared / PAPERS)
    dev = TrainingPapers.load(prepared / DEV)
    torch.manual_seed(0)

    def tell(text: str) -> None:
        progress(0, text=text)

    record: dict[str, Any] = {"date": date.today().isoformat(), "device": device}
    plain = contrastive.StaticNetwork(len(papers.vocabulary), _STATIC_SIZE).to(device)
    settings = ContrastiveSettings(**{"rate": 1e-2, "temperature": 0.05, "groups": 0, **static})
    record["static"] = contrastive.train_contrastive(
        plain, papers, settings, workers=workers, tell=tell
    )
    record["static"]["dev_mrr"] = _dev_mrr(plain, dev, _LONGEST)
    save_file({"vectors": plain.bag.weight.detach().cpu().half()}, str(prepared / STATIC))
    vectors = contrastive.encode_abstracts(plain, papers, settings.longest)
    groups = contrastive.find_groups(vectors, max(2, min(512, len(papers) // 20)))
    network = _network(prepared, papers.vocabulary).to(device)
    longest = min(_LONGEST, network.bert.config.max_position_embeddings - 2)
    record["transformer"] = contrastive.train_contrastive(
        network,
        papers,
        ContrastiveSettings(
            **{"longest": longest, "longest_query": min(48, longest), **transformer}
        ),
        groups=groups,
        workers=workers,
        tell=tell,
    )
    record["transformer"]["dev_mrr"] = _dev_mrr(network, dev, longest)
    state = {
        name: value.detach().cpu().half().contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith("_ids")
    }
    save_file(state, str(prepared / NETWORK))
    (prepared / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return record


def _dev_mrr(network: Any, dev: "TrainingPapers", longest: int) -> float:
    """Return MRR@10 of held-out titles among the held-out abstracts."""
    import torch

    from embeddings.encoders import contrastive

    nothing = torch.zeros(0, contrastive.encode_abstracts(network, dev, longest).shape[1])
    others = nothing.to(next(network.parameters()).device)
    return round(float(contrastive.known_item_mrr(network, dev, others, longest=longest)), 4)


def _network(prepared: Path, vocabulary: tuple[str, ...]) -> Any:
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    from embeddings.encoders.contrastive import TransformerNetwork
    from matlore.bert.wordpieces import CLS, SEP

    try:
        config = BertConfig.from_pretrained(prepared / CONFIG, attn_implementation="sdpa")
        config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
        bert = BertModel(config, add_pooling_layer=False)
        bert.load_state_dict(load_file(prepared / BASE), strict=False)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise ArtifactError(
            f"{prepared}: no base model can be read from it ({error}); make it with"
            " `matlore encoder prepare`"
        ) from error
    return TransformerNetwork(bert, cls=vocabulary.index(CLS), sep=vocabulary.index(SEP))


def export_encoder(
    prepared: Path, out: Path, *, card: Mapping[str, Any] | None = None
) -> "list[EncoderCard]":
    """Write the trained encoders as what runs without torch: `OUT/static`, `OUT/transformer`.

    Args:
        prepared: folder of `train_encoder`.
        out: folder.
        card: fields of both cards, such as `data`, `license`, `metrics`.

    Raises:
        ArtifactError: the folder is not what `train_encoder` wrote.
        UsageError: onnx is not installed.
    """
    need_train_extra("onnx")
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    from embeddings.encoders.export import export_static, export_transformer
    from embeddings.encoders.pairs import TrainingPapers
    from matlore.bert.onnx_graph import BertShape

    papers = TrainingPapers.load(prepared / PAPERS)
    try:
        config = json.loads((prepared / CONFIG).read_text(encoding="utf-8"))
        record = json.loads((prepared / RECORD).read_text(encoding="utf-8"))
        weights = {name: _float32(value) for name, value in load_file(prepared / NETWORK).items()}
        vectors = _float32(load_file(prepared / STATIC)["vectors"])
        shape = BertShape(
            int(config["num_hidden_layers"]),
            int(config["num_attention_heads"]),
            float(config["layer_norm_eps"]),
        )
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ArtifactError(
            f"{prepared}: no trained encoders can be read from it ({error}); train them with"
            " `matlore encoder train`"
        ) from error
    given = {"trained": record["date"], **(card or {})}
    sample = [_joined(papers, k) for k in range(min(_SAMPLE, len(papers)))]
    return [
        export_static(
            vectors,
            papers.vocabulary,
            out / "static",
            card={**given, "settings": record["static"]},
        ),
        export_transformer(
            weights,
            shape,
            papers.vocabulary,
            out / "transformer",
            sample=sample,
            card={**given, "settings": record["transformer"]},
        ),
    ]


def _float32(array: "np.ndarray[Any, Any]") -> Any:
    return array.astype("float32")


def _joined(papers: "TrainingPapers", number: int) -> str:
    """Return an abstract as its pieces spell it: enough to measure ranges of activations."""
    pieces = [papers.vocabulary[k] for k in papers.abstract(number, _POSITIONS)]
    return " ".join(pieces).replace(" ##", "")
