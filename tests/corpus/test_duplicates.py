from __future__ import annotations

import pytest

from rareearth_nlp.corpus.duplicates import near_duplicates
from rareearth_nlp.documents import Example

TEN = "one two three four five six seven eight nine ten"


def _pairs(*texts: str) -> list[tuple[str, str]]:
    """Return the near-duplicates among texts of documents of their own, by their numbers."""
    examples = [Example(str(number), f"document {number}", 0, text) for number, text in enumerate(texts)]
    return [(pair.first.id, pair.second.id) for pair in near_duplicates(examples)]


@pytest.mark.parametrize(
    ("other", "similarity"),
    [
        (TEN, 1.0),
        ("One, two, three – four: five six seven “eight” nine TEN!", 1.0),
        ("one two three four five six seven eight nine X", 7 / 9),
        ("one two three four five six seven eight X Y", 6 / 10),
    ],
)
def test_near_duplicates_share_most_of_their_word_trigrams(other: str, similarity: float) -> None:
    (pair,) = near_duplicates([Example("a-0", "a", 0, TEN), Example("b-0", "b", 0, other)])
    assert (pair.first.id, pair.second.id) == ("a-0", "b-0")
    assert pair.similarity == pytest.approx(similarity)


@pytest.mark.parametrize(
    "other",
    [
        "one two three four five six seven X Y Z",  # five trigrams of eleven
        "ten nine eight seven six five four three two one",  # the same words
        "one two X three four Y five six Z seven",
    ],
)
def test_sentences_that_share_less_are_none(other: str) -> None:
    assert _pairs(TEN, other) == []


def test_short_sentences_repeat_by_chance() -> None:
    seven = "one two three four five six seven"
    assert _pairs(seven, seven, TEN) == []
    assert _pairs(f"{seven} eight", f"{seven} eight") == [("0", "1")]


def test_a_document_may_repeat_itself() -> None:
    assert near_duplicates([Example("a-0", "a", 0, TEN), Example("a-1", "a", 1, TEN)]) == []


def test_every_pair_is_told_once_in_order() -> None:
    assert _pairs(TEN, "an altogether different sentence of eight words here", TEN, TEN) == [
        ("0", "2"),
        ("0", "3"),
        ("2", "3"),
    ]


def test_few_or_no_sentences_have_none() -> None:
    assert _pairs() == []
    assert _pairs(TEN) == []


def test_sentences_without_three_words_have_none() -> None:
    assert _pairs("- " * 9, "* " * 9) == []
