from pathlib import Path

import numpy as np
import pytest

from embeddings.analogies import (
    AnalogyGroup,
    evaluate_analogies,
    load_analogies,
    vocabulary_word,
)
from embeddings.vectors import VectorsCard, WordVectors
from matlore.errors import InputError


def make_vectors(words: dict[str, list[float]]) -> WordVectors:
    matrix = np.array(list(words.values()), dtype=np.float32)
    none = np.zeros((0, matrix.shape[1]), dtype=np.float32)
    return WordVectors(
        words=tuple(words),
        counts=np.ones(len(words), dtype=np.int64),
        input=matrix,
        output=none,
        output_ids=np.zeros(0, dtype=np.int64),
        card=VectorsCard("test", matrix.shape[1]),
    )


@pytest.fixture
def oxides() -> WordVectors:
    """Return metals and oxides whose difference is the same direction."""
    return make_vectors(
        {
            "Zn": [1, 0, 0, 0],
            "Mg": [0, 1, 0, 0],
            "Ca": [0, 0, 1, 0],
            "ZnO": [1, 0, 0, 1],
            "MgO": [0, 1, 0, 1],
            "CaO": [0, 0, 1, 1],
            "cubic": [0.5, 0.5, 0.5, 0],
        }
    )


def test_analogies_of_a_regular_space_are_solved(oxides: WordVectors) -> None:
    groups = [
        AnalogyGroup("oxides", (("Zn", "ZnO", "Mg", "MgO"), ("Ca", "CaO", "Zn", "ZnO"))),
        AnalogyGroup("gram9-plural-verbs", (("Zn", "ZnO", "Mg", "CaO"),)),
    ]

    scores = evaluate_analogies(oxides, groups)

    assert [(score.group, score.correct, score.asked, score.total) for score in scores] == [
        ("oxides", 2, 2, 2),
        ("gram9-plural-verbs", 0, 1, 1),
        ("materials", 2, 2, 2),
        ("grammar", 0, 1, 1),
        ("all", 2, 3, 3),
    ]
    assert scores[-1].accuracy == pytest.approx(2 / 3)
    assert scores[-1].low is not None
    assert scores[-1].high is not None
    assert scores[-1].low < 2 / 3 < scores[-1].high


def test_questions_with_unknown_words_are_skipped_and_counted(oxides: WordVectors) -> None:
    group = AnalogyGroup("oxides", (("Zn", "ZnO", "Mg", "MgO"), ("Zn", "ZnO", "Sr", "SrO")))
    strange = AnalogyGroup("strange", (("a", "b", "c", "d"),))

    scores = evaluate_analogies(oxides, [group, strange])

    assert [(score.asked, score.total) for score in scores[:2]] == [(1, 2), (0, 1)]
    assert scores[1].accuracy is None


def test_given_words_are_no_answers() -> None:
    """With a = b the sum is c itself, which must not be the answer."""
    vectors = make_vectors({"a": [1, 0], "c": [0, 1], "d": [0.1, 0.9], "e": [0.9, 0.1]})

    scores = evaluate_analogies(vectors, [AnalogyGroup("same", (("a", "a", "c", "d"),))])

    assert scores[0].correct == 1


def test_agrees_with_gensim() -> None:
    from gensim.models import KeyedVectors

    rng = np.random.default_rng(0)
    names = [f"w{i}" for i in range(60)]
    matrix = rng.normal(size=(60, 8)).astype(np.float32)
    reference = KeyedVectors(8)
    reference.add_vectors(names, matrix)
    vectors = make_vectors({name: list(row) for name, row in zip(names, matrix, strict=True)})
    questions = []
    for _ in range(200):
        a, b, c, d = (str(name) for name in rng.choice(names, 4, replace=False))
        units = reference.get_normed_vectors()
        sums = units[int(b[1:])] - units[int(a[1:])] + units[int(c[1:])]
        order = [names[i] for i in np.argsort(-(units @ sums)) if names[i] not in (a, b, c)]
        questions.append((a, b, c, order[0] if rng.random() < 0.5 else d))
    expected = sum(
        reference.most_similar(positive=[b, c], negative=[a], topn=1)[0][0] == d
        for a, b, c, d in questions
    )

    scores = evaluate_analogies(vectors, [AnalogyGroup("random", tuple(questions))])

    assert scores[0].correct == expected > 80


def test_words_stand_for_their_form_in_the_vocabulary() -> None:
    vectors = make_vectors({"CoCO3": [1.0], "Ag": [1.0], "good": [1.0], "GHz": [1.0]})

    forms = [vocabulary_word(vectors, word) for word in ("CCoO3", "Ag", "Good", "GHz", "Xx")]

    assert forms == ["CoCO3", "Ag", "good", "GHz", None]


def test_reading_a_file(tmp_path: Path) -> None:
    path = tmp_path / "analogies.txt"
    path.write_text(": one group\na b c d\n\n: empty\n", encoding="utf-8")

    assert load_analogies(path) == (
        AnalogyGroup("one group", (("a", "b", "c", "d"),)),
        AnalogyGroup("empty", ()),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b": group\na b c\n", "line 2: not an analogy"),
        (b"a b c d\n", "line 1: not an analogy"),
        (b"", "holds no analogies"),
        (b"\xff\xfe: x", "not UTF-8"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(content)

    with pytest.raises(InputError, match=message) as caught:
        load_analogies(path)

    assert str(path) in str(caught.value)
    assert "--analogies FILE" in str(caught.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_analogies(tmp_path / "none.txt")


def test_shared_analogies_have_fourteen_groups(shared_data: Path) -> None:
    groups = load_analogies(shared_data / "ranking" / "analogies.txt")

    assert len(groups) == 14
    assert sum(len(group.questions) for group in groups) == 35_104
