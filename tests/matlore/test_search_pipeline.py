"""Searching a small home in all ways."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_encoder import FakeEncoder
from search_homes import PAPERS, fake_encoders, ingest_papers, searched_home

from embeddings.index import IndexedText, IndexWriter
from matlore.errors import ArtifactError, GraphError, NotFoundError, UsageError
from matlore.pipeline.corpus import remove_paper
from matlore.pipeline.search import Searcher, paper_of, search_home, sentence_of
from matlore.pipeline.search_filters import parse_filters
from matlore.pipeline.search_nodes import search_keys, search_nodes
from matlore.pipeline.search_texts import PaperTexts
from matlore.pipeline.search_types import Mode, SearchAnswer, SearchFilters


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        fake_encoders(patch)
        return searched_home(tmp_path_factory.mktemp("built"))


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_encoders(monkeypatch)


@pytest.fixture(scope="module")
def searcher(built: Path) -> Iterator[Searcher]:
    with Searcher(built) as opened:
        yield opened


@pytest.fixture
def copied(built: Path, tmp_path: Path) -> Path:
    """A home that a test may change."""
    return Path(shutil.copytree(built, tmp_path / "home"))


def _ids(answer: SearchAnswer) -> list[int]:
    return [int(hit.id[-1]) for hit in answer.hits]


# Ways of finding


@pytest.mark.parametrize("mode", ["fusion", "text", "dense", "graph"])
def test_each_mode_finds(searcher: Searcher, mode: Mode) -> None:
    answer = searcher.search("band gap of CdTe", mode=mode)
    assert _ids(answer)[0] == 2
    assert answer.mode == mode
    assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))
    scores = [hit.score for hit in answer.hits]
    assert scores == sorted(scores, reverse=True)
    lists = set().union(*(hit.why.ranks for hit in answer.hits))
    assert lists == ({"text", "dense", "graph"} if mode == "fusion" else {mode})


def test_hits_are_told_whole(searcher: Searcher) -> None:
    hit = searcher.search("band gap of CdTe").hits[0]
    assert (hit.title, hit.year, hit.retracted) == ("A band gap for cells", 2014, False)
    text = searcher.papers.get(hit.id).text
    assert hit.snippet in text
    assert "The band gap of CdTe" in hit.snippet
    assert {"band", "CdTe"} <= {word for a, b in hit.marks for word in hit.snippet[a:b].split()}
    assert hit.why.facts == ("CdTe: band gap 1.45 eV",)
    assert hit.why.similarity is not None
    assert 0 < hit.why.similarity <= 1
    assert hit.why.ranks == {"text": 1, "dense": 1, "graph": 1}


def test_a_formula_is_found_however_it_is_written(searcher: Searcher) -> None:
    for query in ("Bi2Te3", "Bi$_2$Te$_3$", "bismuth telluride", "Te3Bi2"):
        assert set(_ids(searcher.search(query, mode="text"))) == {1, 5}, query


def test_a_phrase_must_stand_and_a_word_behind_a_minus_must_not(searcher: Searcher) -> None:
    assert _ids(searcher.search('"power factor"', mode="text")) == [5]
    assert set(_ids(searcher.search("band gap -blue", mode="text"))) == {2}


def test_the_answer_says_how_it_came_about(searcher: Searcher) -> None:
    answer = searcher.search("band gap of CdTe")
    assert answer.encoder == "fake-32"
    assert answer.named.materials == ("CdTe",)
    assert answer.named.properties == ("band gap",)
    assert (answer.n_allowed, answer.passing, answer.stale) == (None, {}, 0)
    assert answer.n_matched == 2
    assert answer.to_dict()["hits"][0]["id"] == "arxiv:2401.00002"


def test_the_same_is_found_again(built: Path, searcher: Searcher) -> None:
    for query in ("films", "slices that cool", "Te"):
        assert search_home(built, query) == replace(searcher.search(query), encoder="fake-32")


def test_no_more_than_asked(searcher: Searcher) -> None:
    assert len(searcher.search("films of gap", top=2).hits) == 2
    assert len(searcher.search("films", mode="dense", top=1000).hits) == len(PAPERS)


def test_a_retracted_paper_is_told(searcher: Searcher) -> None:
    retracted = {hit.id: hit.retracted for hit in searcher.search("band gap").hits}
    assert retracted["arxiv:2401.00004"] is True
    assert sum(retracted.values()) == 1


def test_without_details_only_ids(searcher: Searcher) -> None:
    full, bare = searcher.search("films"), searcher.search("films", details=False)
    assert [hit.id for hit in bare.hits] == [hit.id for hit in full.hits]
    assert bare.hits[0].snippet == ""


def test_the_best_can_be_ordered_anew(searcher: Searcher) -> None:
    before = searcher.search("The band gap of GaN is 3.4 eV")
    after = searcher.search("The band gap of GaN is 3.4 eV", rerank=True)
    assert {hit.id for hit in after.hits} == {hit.id for hit in before.hits}
    assert _ids(after)[0] == 4


# Like a paper


@pytest.mark.parametrize("mode", ["fusion", "text", "dense"])
def test_papers_like_one_without_itself(searcher: Searcher, mode: Mode) -> None:
    found = _ids(searcher.search("", mode=mode, like="arxiv:2401.00001"))
    assert 1 not in found
    assert found


def test_like_a_paper_and_with_words(searcher: Searcher) -> None:
    for mode in ("fusion", "text"):
        answer = searcher.search("power factor", mode=mode, like="arxiv:2401.00001")
        assert _ids(answer)[0] == 5
        assert 1 not in _ids(answer)
    with_words = searcher.search("films", mode="dense", like="arxiv:2401.00001")
    without = searcher.search("", mode="dense", like="arxiv:2401.00001")
    assert [hit.score for hit in with_words.hits] != [hit.score for hit in without.hits]


def test_like_a_paper_by_what_its_title_names(searcher: Searcher) -> None:
    answer = searcher.search("", like="2401.00002", mode="graph")
    assert answer.named.properties == ("band gap",)
    assert answer.n_matched is None
    assert _ids(answer) == [4]


def test_ids_near_one_that_is_not_there(searcher: Searcher) -> None:
    with pytest.raises(NotFoundError, match=r"near it are arxiv:2401\.00001, "):
        searcher.search("", like="2401.00007")


def test_like_goes_with_filters_and_ranking_anew(searcher: Searcher) -> None:
    filters = SearchFilters(years=(2016, None))
    answer = searcher.search("", like="2401.00001", filters=filters, rerank=True)
    assert set(_ids(answer)) <= {3, 4, 5}
    assert answer.hits


def test_like_a_paper_that_is_not_there(searcher: Searcher) -> None:
    with pytest.raises(NotFoundError, match="2499"):
        searcher.search("", like="arxiv:2499.00001")


# Filters


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (SearchFilters(years=(2014, 2016)), {2, 3}),
        (SearchFilters(years=(None, 2014)), {1, 2}),
        (SearchFilters(sources=("file:home.jsonl",)), None),
        (parse_filters(licenses=["nothing"]), set()),
        (parse_filters(elements="Te"), {1, 2, 5}),
        (parse_filters(materials=["Bi2Te3"], years="2015:"), {5}),
        (parse_filters(properties=["band gap 1:1.6 eV"]), {2}),
        (parse_filters(applications=["solar cells"], methods=["sputtering"]), {2}),
    ],
)
def test_filters_are_exact(
    searcher: Searcher, filters: SearchFilters, found: set[int] | None
) -> None:
    for mode in ("fusion", "dense"):
        answer = searcher.search("something about lasers", mode=mode, filters=filters)
        if found is not None:
            assert set(_ids(answer)) == found
            assert answer.n_allowed == len(found)


def test_sources_and_licences_are_those_of_the_corpus(searcher: Searcher) -> None:
    papers = [searcher.papers.get(f"arxiv:{paper['id']}") for paper in PAPERS]
    for name in ("source", "license"):
        values = {getattr(paper, name) for paper in papers} - {None}
        assert values
        for value in values:
            wanted = {int(p.id[-1]) for p in papers if getattr(p, name) == value}
            by_source = name == "source"
            filters = SearchFilters(
                sources=(value,) if by_source else (), licenses=() if by_source else (value,)
            )
            assert set(_ids(searcher.search("films", mode="dense", filters=filters))) == wanted


def test_filters_that_leave_nothing_say_which(searcher: Searcher) -> None:
    filters = parse_filters(elements="Bi,Ga", years="2014:", properties=["band gap"])
    answer = searcher.search("films", filters=filters)
    assert (answer.hits, answer.n_allowed) == ((), 0)
    assert answer.passing == {
        "names a material with Bi, Ga": 0,
        "mentions band gap": 3,
        "year 2014:": 4,
    }


def test_evidence_of_the_graph_is_filtered_too(searcher: Searcher) -> None:
    filters = SearchFilters(years=(2015, None))
    assert _ids(searcher.search("Bi2Te3", mode="graph", filters=filters)) == [5]


# Bad input


@pytest.mark.parametrize("query", ["", "  \n", "x", "?", "😀😀", '"', "- -- -a", "(" * 2_000, "α"])
def test_queries_that_ask_nothing(searcher: Searcher, query: str) -> None:
    with pytest.raises(UsageError):
        searcher.search(query)


@pytest.mark.parametrize(
    "query",
    [
        "K",
        "热",
        "теплопроводность плёнок",
        "热电材料的热导率",
        "ゼーベック係数",
        'title:"a AND (b OR c)^2 ~3 *? [x TO y] {z} \\ / + - ! && || "',
        "a\x00b",
        "Xe7Kr9Ar3",
        "'}) MATCH (n) DETACH DELETE n //",
        "films " * 17_000,
        "x" * 100_000,
    ],
)
def test_any_query_is_answered(searcher: Searcher, query: str) -> None:
    for mode in ("fusion", "text", "graph"):
        answer = searcher.search(query, mode=mode)
        assert all(hit.snippet for hit in answer.hits)


def test_nothing_found(searcher: Searcher) -> None:
    for mode in ("text", "graph"):
        answer = searcher.search("qwertyuiop", mode=mode)
        assert (answer.hits, answer.n_matched) == ((), 0)


def test_a_mode_that_is_none(searcher: Searcher) -> None:
    with pytest.raises(UsageError, match="fusion, text, dense, graph"):
        searcher.search("films", mode="magic")  # type: ignore[arg-type]


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="matlore index build"):
        Searcher(tmp_path / "nothing")


def test_another_encoder(built: Path) -> None:
    with Searcher(built, encoder="static") as searcher:
        assert searcher.search("films", mode="text").hits
        with pytest.raises(UsageError, match="fake-32, not by fake-other"):
            searcher.search("films")


def test_a_truncated_index(copied: Path) -> None:
    files = [path for path in (copied / "index" / "papers").iterdir() if "vector" in path.name]
    largest = max(files, key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-8])
    with pytest.raises(ArtifactError, match="matlore index build"):
        Searcher(copied)


def test_without_a_graph_the_rest_answers(copied: Path) -> None:
    shutil.rmtree(copied / "graph")
    with Searcher(copied) as searcher:
        for _ in range(2):
            answer = searcher.search("band gap of CdTe")
            assert _ids(answer)[0] == 2
            assert answer.hits[0].why.facts == ()
        with pytest.raises(GraphError, match="matlore graph load"):
            searcher.search("band gap of CdTe", mode="graph")
        with pytest.raises(GraphError, match="matlore graph load"):
            searcher.search("films", filters=parse_filters(elements="Te"))


def test_a_corpus_changed_under_the_index(copied: Path) -> None:
    remove_paper(copied, "arxiv:2401.00002")
    new = {"id": "2401.00009", "title": "Gaps anew", "abstract": "A gap opens.", "year": 2022}
    ingest_papers(copied, [new])
    answer = search_home(copied, "band gap", top=10)
    assert answer.stale == 2
    assert 2 not in _ids(answer)
    assert 4 in _ids(answer)
    assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))


def test_as_many_as_asked_though_some_are_gone(copied: Path) -> None:
    remove_paper(copied, "arxiv:2401.00002")
    assert len(search_home(copied, "band gap of CdTe", top=2, mode="dense").hits) == 2


# Sentences and nodes


def test_keys_of_sentences() -> None:
    assert paper_of("arxiv:2401.00001#10-25") == "arxiv:2401.00001"
    assert paper_of("doi:10.1/a#b") == "doi:10.1/a#b"
    assert sentence_of("arxiv:2401.00001#10-25") == (10, 25)
    assert sentence_of("doi:10.1/a#b") is None


def test_sentences_are_found_with_their_papers(copied: Path) -> None:
    text = PaperTexts(copied).get("arxiv:2401.00002").text
    start = text.index("The band gap")
    key = f"arxiv:2401.00002#{start}-{len(text)}"
    sentence = IndexedText(key=key, sha="1", title="", body=text[start:], year=2014)
    with IndexWriter.open(copied / "index" / "sentences", FakeEncoder()) as writer:
        writer.add([sentence])
        writer.finish()
    with Searcher(copied, collection="sentences") as searcher:
        (hit,) = searcher.search("band gap", filters=parse_filters(elements="Te")).hits
        assert (hit.id, hit.title, hit.snippet) == (key, "A band gap for cells", text[start:])
        assert "band gap" in [hit.snippet[a:b] for a, b in hit.marks]
        assert searcher.search("band gap", filters=parse_filters(elements="Ga")).hits == ()


def test_no_index_of_sentences_where_no_facts_are(built: Path) -> None:
    with pytest.raises(NotFoundError, match="sentences"):
        Searcher(built, collection="sentences")


def test_nodes_are_found_by_what_they_are_called(built: Path) -> None:
    best = search_nodes(built, "band gap")[0]
    assert (best.label, best.key, best.rank) == ("Property", "band gap", 1)
    assert search_nodes(built, "bismuth telluride")[0].key == "Bi2Te3"
    assert {node.label for node in search_nodes(built, "gap", labels=["Material"])} == {"Material"}
    assert len(search_nodes(built, "gap", top=2)) == 2


@pytest.mark.parametrize("text", ["热电", '"(^~', "films " * 17_000])
def test_any_text_finds_nodes(built: Path, text: str) -> None:
    assert search_nodes(built, text)


def test_nodes_need_a_text_and_an_index(built: Path, copied: Path) -> None:
    with pytest.raises(UsageError, match="empty"):
        search_nodes(built, " ")
    shutil.rmtree(copied / "index" / "nodes")
    with pytest.raises(NotFoundError, match="matlore graph load"):
        search_nodes(copied, "band gap")


def test_keys_for_cypher(built: Path) -> None:
    keys, scores = search_keys(built, "band gap of CdTe", kind="papers", top=3)
    assert keys[0] == "arxiv:2401.00002"
    assert len(keys) == len(scores) == 3
    assert search_keys(built, "CdTe", kind="materials", top=1)[0] == ["CdTe"]
    with pytest.raises(UsageError, match="properties"):
        search_keys(built, "CdTe", kind="books", top=1)
