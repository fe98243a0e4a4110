"""The network of the tagger (extra `train`: torch and transformers).

BERT over WordPieces, whose token types are the shapes of words, a linear layer, the mean
over the pieces of a word, and a linear-chain CRF (Lafferty et al., ICML 2001) over words.
Any BERT may be the base; its vocabulary may be cut (`matlore.bert.wordpieces`).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from matlore.bert.wordpieces import load_tokenizer, old_pieces, vocabulary_of
from matlore.errors import ArtifactError

from .encoding import Batch
from .labels import TAGS, transition_mask
from .model_words import SHAPES

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "LONGEST_ROW",
    "TaggerNetwork",
    "crf_loss",
    "load_base",
    "load_network",
    "set_dropout",
    "tensors",
]

LONGEST_ROW = 256
"""Pieces of a row, `[CLS]` and `[SEP]` among them."""


class TaggerNetwork(nn.Module):
    """Scores the tags of each piece; `transitions` scores a tag after another."""

    def __init__(self, bert: Any, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.bert = bert
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(bert.config.hidden_size, len(TAGS))
        nn.init.normal_(self.classifier.weight, std=0.02)
        nn.init.zeros_(self.classifier.bias)
        self.transitions = nn.Parameter(torch.zeros(1 + len(TAGS), len(TAGS)))

    def forward(self, pieces: Tensor, mask: Tensor, shapes: Tensor) -> Tensor:
        """Return (rows, pieces, tags): the score of each tag for each piece."""
        hidden = self.bert(
            input_ids=pieces, attention_mask=mask, token_type_ids=shapes
        ).last_hidden_state
        return self.classifier(self.dropout(hidden))

    def word_scores(self, batch: Batch) -> Tensor:
        """Return (rows, most words, tags) float32: the mean over the pieces of each word."""
        scores = self(*tensors(batch)).float()
        flat = scores.reshape(-1, scores.shape[-1])[torch.from_numpy(batch.flat)]
        counts = torch.from_numpy(batch.counts)
        owner = torch.repeat_interleave(torch.arange(len(counts)), counts)
        words = torch.zeros(len(counts), flat.shape[-1]).index_add(0, owner, flat)
        words = words / counts[:, None]
        lengths = [window.end - window.start for window in batch.windows]
        return nn.utils.rnn.pad_sequence(list(words.split(lengths)), batch_first=True)


def tensors(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Return pieces, mask and shapes of a batch."""
    return tuple(torch.from_numpy(a) for a in (batch.pieces, batch.mask, batch.shapes))


def crf_loss(scores: Tensor, transitions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    """Return the mean negative log likelihood of tag rows, a word.

    Args:
        scores: (rows, words, tags) float32.
        transitions: (1 + tags, tags), row 0 for the first word.
        tags: (rows, words) int64; what stands behind a row's length is ignored.
        lengths: (rows,) int64.
    """
    steps = transitions + torch.from_numpy(transition_mask().copy())
    inside = torch.arange(scores.shape[1])[None, :] < lengths[:, None]
    before = torch.cat([torch.zeros_like(tags[:, :1]), tags[:, :-1] + 1], dim=1)
    gold = scores.gather(2, tags[:, :, None])[:, :, 0] + steps[before, tags]
    gold = (gold * inside).sum(dim=1)
    total = scores[:, 0] + steps[0]
    for i in range(1, scores.shape[1]):
        following = torch.logsumexp(total[:, :, None] + steps[1:], dim=1) + scores[:, i]
        total = torch.where(inside[:, i, None], following, total)
    return (torch.logsumexp(total, dim=1) - gold).sum() / lengths.sum()


def set_dropout(bert: Any, *, hidden: float, attention: float) -> None:
    """Set the dropout of a BERT: after its layers, and of its attention.

    Attention's costs a quarter of the time of a step on a CPU.
    """
    for name, module in bert.named_modules():
        if isinstance(module, nn.Dropout):
            module.p = attention if name.endswith("attention.self.dropout") else hidden


def load_base(folder: Path, tokenizer: "Tokenizer | None" = None) -> Any:
    """Read a BERT encoder, with the vocabulary of `tokenizer` and a token type a shape.

    Args:
        folder: `config.json`, `model.safetensors` and `tokenizer.json` of a base model.
        tokenizer: of the cut vocabulary; None where the base model has it already.

    Raises:
        ArtifactError: no BERT can be read from the folder.
    """
    from transformers import BertConfig, BertModel

    if not (folder / "config.json").is_file() or not (folder / "model.safetensors").is_file():
        raise ArtifactError(
            f"{folder}: no base model: a folder with config.json, model.safetensors and"
            " tokenizer.json of a BERT is needed"
        )
    config = BertConfig.from_pretrained(folder)
    bert = BertModel.from_pretrained(
        folder, add_pooling_layer=False, use_safetensors=True, attn_implementation="eager"
    )
    if config.type_vocab_size != len(SHAPES):
        _widen_types(bert)
    if tokenizer is not None:
        _cut_pieces(bert, old_pieces(vocabulary_of(tokenizer), load_tokenizer(folder)))
    _cut_positions(bert)
    return bert


def load_network(folder: Path) -> TaggerNetwork:
    """Read a trained network.

    Raises:
        ArtifactError: there is none, or it is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    try:
        config = BertConfig.from_pretrained(folder, attn_implementation="eager")
        network = TaggerNetwork(BertModel(config, add_pooling_layer=False))
        network.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ArtifactError(
            f"{folder}: no trained network can be read from it ({error}); make one with"
            " `matlore ner train`"
        ) from error
    return network


def _widen_types(bert: Any) -> None:
    """Give each shape of words a token type, all of them the base model's first."""
    old = bert.embeddings.token_type_embeddings.weight.data[0]
    types = nn.Embedding(len(SHAPES), len(old))
    types.weight.data[:] = old
    bert.embeddings.token_type_embeddings = types
    bert.config.type_vocab_size = len(SHAPES)


def _cut_pieces(bert: Any, made_of: list[list[int]]) -> None:
    """Give the model new pieces, each the mean of the old ones that it is made of."""
    old = bert.embeddings.word_embeddings.weight.data
    pieces = nn.Embedding(len(made_of), old.shape[1], padding_idx=0)
    pieces.weight.data = torch.stack([old[ids].mean(dim=0) for ids in made_of])
    bert.embeddings.word_embeddings = pieces
    bert.config.vocab_size = len(made_of)
    bert.config.pad_token_id = 0


def _cut_positions(bert: Any) -> None:
    """Drop the positions that no row reaches."""
    old = bert.embeddings.position_embeddings
    if old.num_embeddings <= LONGEST_ROW:
        return
    positions = nn.Embedding(LONGEST_ROW, old.embedding_dim)
    positions.weight.data[:] = old.weight.data[:LONGEST_ROW]
    bert.embeddings.position_embeddings = positions
    bert.embeddings.register_buffer(
        "position_ids", torch.arange(LONGEST_ROW)[None], persistent=False
    )
    bert.embeddings.register_buffer(
        "token_type_ids", torch.zeros(1, LONGEST_ROW, dtype=torch.long), persistent=False
    )
    bert.config.max_position_embeddings = LONGEST_ROW
