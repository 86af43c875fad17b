"""The one promise of reading: every sentence is a slice of its document's text, in order, none over another."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rareearth_nlp.documents import Document
from rareearth_nlp.reading import read_article, read_html, read_markdown, read_text
from rareearth_nlp.reading.sentences import Block, sentences_of
from rareearth_nlp.resources import shipped

SEPARATORS = ["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u2028", "\u2029"]
MARKUP = ["- ", "• ", "1. ", "# ", "```\n", "~~~\n", "---\n", "| a | b |", "![i](u)", "<!-- c -->", "Leave a Reply\n"]
WORDS = [
    "Mr. Li said: “No.” ",
    "Ms. ",
    "5 p.m. Mon",
    "The mine closed. ",
    "U.S. ",
    "3.5 ",
    "?! ",
    "...",
    "中文。",
    "e\u0301",
]
ODDITIES = ["\t", "\u00a0", "\u200b", "\ufeff", "\x00", "🏭", "👩‍🔬", "𝔘"]

anything = st.lists(st.sampled_from(SEPARATORS + MARKUP + WORDS + ODDITIES) | st.text(max_size=20), max_size=30).map(
    "".join
)
"""Arbitrary text that is rich in what could shift an offset."""

word = st.text(st.characters(categories=["L"]), min_size=2, max_size=9)
sentence = st.lists(word, min_size=3, max_size=12).map(lambda words: " ".join(words) + ".")
paragraph = st.lists(sentence, min_size=1, max_size=3).map(" ".join)
"""Prose without any furniture: whatever is missing from its sentences was lost."""


def _page(paragraphs: list[str]) -> str:
    body = "".join(f"<p>{html.escape(content)}</p>" for content in paragraphs)
    return f"<html><head><title>A page</title></head><body><article>{body}</article></body></html>"


def _letters(text: str) -> str:
    return "".join(text.split())


def _check(document: Document) -> None:
    end = 0
    for found in document.sentences:
        assert document.text[found.start : found.end] == found.text
        assert end <= found.start < found.end
        assert found.text == found.text.strip()
        assert any(character.isalnum() for character in found.text)
        end = found.end


def test_the_seed_articles_sentences_are_slices() -> None:
    document = read_article(shipped("seeds", "articles", "baogang_2025_targets.txt"))
    assert len(document.sentences) == 30
    _check(document)


@pytest.mark.parametrize("read", [read_text, read_markdown])
@given(text=anything)
@settings(deadline=None)
def test_sentences_of_any_text_are_slices_of_it(read: Callable[[str], Document], text: str) -> None:
    document = read(text)
    assert document.text == text
    _check(document)


@pytest.mark.parametrize("read", [read_text, read_markdown])
@given(text=anything)
@settings(deadline=None)
def test_repeated_text_is_found_where_it_stands(read: Callable[[str], Document], text: str) -> None:
    once, twice = read(text), read(f"{text}\n\n{text}")
    _check(twice)
    offset = len(text) + 2
    if "---" not in text and "```" not in text and "~~~" not in text:  # front matter and fences reach over the seam
        again = [(found.text, found.start - offset) for found in twice.sentences if found.start >= offset]
        assert again == [(found.text, found.start) for found in once.sentences]


@given(paragraphs=st.lists(anything, max_size=5))
@settings(deadline=None)
def test_sentences_of_any_page_are_slices_of_its_text(paragraphs: list[str]) -> None:
    _check(read_html(_page(paragraphs)))


@pytest.mark.parametrize("between", ["\n\n", "\n", "\r\n", "\u2028"])
@given(paragraphs=st.lists(paragraph, min_size=1, max_size=4))
@settings(deadline=None)
def test_no_word_of_plain_prose_is_lost(between: str, paragraphs: list[str]) -> None:
    document = read_text(between.join(paragraphs))
    assert "".join(_letters(found.text) for found in document.sentences) == _letters("".join(paragraphs))


@given(paragraphs=st.lists(paragraph, min_size=1, max_size=4, unique=True))
@settings(deadline=None)
def test_no_word_of_a_plain_page_is_lost(paragraphs: list[str]) -> None:
    # a paragraph for the extractor to hold on to: it gives up on pages of a few letters
    anchor = "The regional council granted the valley mine its permit on Tuesday, after nine years of hearings."
    document = read_html(_page([anchor, *paragraphs]))
    assert "".join(_letters(found.text) for found in document.sentences) == _letters("".join([anchor, *paragraphs]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Mr. Li met U.S. officials. Prices rose 3.5 per cent.",
            ["Mr. Li met U.S. officials.", "Prices rose 3.5 per cent."],
        ),
        (
            "Ms. Tan left at 5 p.m. Monday. Dr. J. Smith stayed.",
            ["Ms. Tan left at 5 p.m. Monday.", "Dr. J. Smith stayed."],
        ),
        ("The vote was at 5 p.m. The mine closed.", ["The vote was at 5 p.m.", "The mine closed."]),
        ("Output was approx. 40 tonnes. It fell.", ["Output was approx. 40 tonnes.", "It fell."]),
        ("The last to speak was Ms. Li. Then all left.", ["The last to speak was Ms. Li.", "Then all left."]),
        (
            "“No excuses,” he said. “No soft landings.” All left.",
            ["“No excuses,” he said.", "“No soft landings.”", "All left."],
        ),
        ("It shut its main projects.Output fell at once.", ["It shut its main projects.", "Output fell at once."]),
        ("The owner said\n\nthat it\r\nwas over. It was.", ["The owner said\n\nthat it\r\nwas over.", "It was."]),
        ("Is it over? No! It goes on.", ["Is it over?", "No!", "It goes on."]),
    ],
)
def test_where_a_sentence_ends(text: str, expected: list[str]) -> None:
    assert [found.text for found in sentences_of(text, [Block(0, len(text), "text")])] == expected


def test_a_heading_stays_whole_and_no_sentence_crosses_a_block() -> None:
    text = "Is it over? No! The rest of it is silence"
    cut = text.index("The rest")
    blocks = [Block(0, cut, "heading"), Block(cut, cut + 8, "bullet"), Block(cut + 8, len(text), "text")]
    found = [(item.text, item.kind) for item in sentences_of(text, blocks)]
    assert found == [("Is it over? No!", "heading"), ("The rest", "bullet"), ("of it is silence", "text")]


def test_a_run_of_marks_is_no_sentence() -> None:
    text = "* * *"
    assert sentences_of(text, [Block(0, len(text), "text")]) == ()
