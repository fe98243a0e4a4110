"""Linear models over strings: they say what the libraries that trained them say."""

import math
from pathlib import Path

import pytest

from matlore.errors import ArtifactError
from ner.facts.linear import (
    Feature,
    LinearModel,
    SequenceModel,
    train_linear,
    train_sequence,
)

ROWS = [["word=PbTe", "formula"], ["word=is"], ["word=a"], ["word=semiconductor"]]
TAGS = ["B", "O", "O", "O"]


@pytest.fixture(scope="module")
def sequence_model() -> SequenceModel:
    sentences = [ROWS, [["word=doped"], ["word=Na", "element"]], [["word=SnSe", "formula"]]]
    return train_sequence(sentences, [TAGS, ["O", "I"], ["B"]], c1=0.0, c2=0.1)


def test_a_sequence_model_gives_crfsuites_marginals(tmp_path: Path) -> None:
    pycrfsuite = pytest.importorskip("pycrfsuite")
    sentences = [ROWS, [["word=doped"], ["word=Na", "element"]], [["word=SnSe", "formula"]]]
    labels = [TAGS, ["O", "I"], ["B"]]
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": 0.0, "c2": 0.1, "max_iterations": 100})
    for rows, row in zip(sentences, labels, strict=True):
        trainer.append(rows, row)
    trainer.train(str(tmp_path / "model"))
    theirs = pycrfsuite.Tagger()
    theirs.open(str(tmp_path / "model"))
    ours = train_sequence(sentences, labels, c1=0.0, c2=0.1)

    unseen = [["word=GeTe", "formula"], ["word=is"], ["element"], ["word=new"]]
    expected = theirs.tag(unseen)
    found = ours.tag(unseen)

    assert [label for label, _ in found] == expected
    assert [score for _, score in found] == pytest.approx(
        [theirs.marginal(label, k) for k, label in enumerate(expected)], abs=1e-3
    )


def test_a_row_without_tokens_has_no_labels(sequence_model: SequenceModel) -> None:
    assert sequence_model.tag([]) == []


def test_unknown_features_count_nothing(sequence_model: SequenceModel) -> None:
    assert sequence_model.tag([["formula"], []]) == sequence_model.tag([["formula", "new"], ["x"]])


def test_features_may_come_together(sequence_model: SequenceModel) -> None:
    together: list[Feature] = [("word=PbTe", "formula"), ("word=is",), "word=a"]
    assert sequence_model.tag([[part] for part in together]) == sequence_model.tag(ROWS[:3])
    again: list[list[Feature]] = [[together[0], "new"], [together[1]], [together[2], ("new",)]]
    assert sequence_model.tag(again) == sequence_model.tag(ROWS[:3])


@pytest.mark.parametrize("name", ["model.json", "model.json.zst"])
def test_a_sequence_model_is_the_same_once_read_back(
    tmp_path: Path, sequence_model: SequenceModel, name: str
) -> None:
    sequence_model.save(tmp_path / name)
    assert SequenceModel.load(tmp_path / name).tag(ROWS) == sequence_model.tag(ROWS)
    first = (tmp_path / name).read_bytes()
    SequenceModel.load(tmp_path / name).save(tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


@pytest.mark.parametrize("classes", [("no", "yes"), ("a", "b", "c")])
def test_a_linear_model_gives_scikit_learns_probabilities(classes: tuple[str, ...]) -> None:
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    rows = [[f"x={k % 3}", f"y={k % 5}", "always"] for k in range(60)]
    labels = [classes[(k * 7 % 11) % len(classes)] for k in range(60)]
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform([dict.fromkeys(row, 1.0) for row in rows])
    theirs = LogisticRegression(C=1.0, max_iter=1000).fit(matrix, labels)
    ours = train_linear(rows, labels)

    for row in (rows[0], rows[7], ["x=1"], ["unknown"]):
        expected = theirs.predict_proba(vectorizer.transform([dict.fromkeys(row, 1.0)]))[0]
        found = ours.probabilities(row)
        assert [*found] == theirs.classes_.tolist()
        assert [*found.values()] == pytest.approx(expected.tolist(), abs=2e-3)
        assert math.fsum(found.values()) == pytest.approx(1)


def test_a_linear_model_is_the_same_once_read_back(tmp_path: Path) -> None:
    model = train_linear([["a"], ["b"], ["a", "b"]], ["yes", "no", "yes"])
    model.save(tmp_path / "model.json.zst")
    read = LinearModel.load(tmp_path / "model.json.zst")
    assert read.probabilities(["a"]) == model.probabilities(["a"])


def test_what_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "cut.json.zst").write_bytes(b"(\xb5/\xfd")
    LinearModel(["a", "b"], [0, 0], {}).save(tmp_path / "linear.json")
    for name in ("missing.json", "cut.json.zst", "linear.json"):
        with pytest.raises(ArtifactError, match=f"{name}.*matlore facts train"):
            SequenceModel.load(tmp_path / name)
