"""Blocks of a text become sentences with offsets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sentencex import get_sentence_boundaries

from rareearth_nlp.documents import Kind, Sentence

# abbreviations that the splitter takes for the end of a sentence; what follows them is looked at too
_GOES_ON = re.compile(
    r"\b(?:Ms|Mses|Mx|Amb|Atty|Pty|Vol|Ch|approx|est)\.\s+.{0,4}$"
    r"|\b[ap]\.m\.\s+(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|ET|EST|EDT|GMT|UTC|BST|CET|[a-z]).{0,4}$"
)


class Block(NamedTuple):
    """A stretch of text that no sentence crosses: a paragraph, a heading or a bullet."""

    start: int
    end: int
    kind: Kind


def sentences_of(text: str, blocks: Iterable[Block]) -> tuple[Sentence, ...]:
    """Return the sentences of the blocks in order; a heading stays whole."""
    return tuple(sentence for block in blocks for sentence in _cut(text, block))


def _cut(text: str, block: Block) -> Iterator[Sentence]:
    if block.kind == "heading":
        yield from _trimmed(text, block.start, block.end, block.kind)
        return
    # a wrapped line would end a sentence: what the splitter reads has blanks there, at the same offsets
    inside = "".join(" " if character.isspace() else character for character in text[block.start : block.end])
    start = 0
    for boundary in get_sentence_boundaries("en", inside):
        end = boundary["end_index"]
        if not _GOES_ON.search(inside[start:end] + inside[end : end + 4]):
            yield from _trimmed(text, block.start + start, block.start + end, block.kind)
            start = end
    yield from _trimmed(text, block.start + start, block.end, block.kind)


def _trimmed(text: str, start: int, end: int, kind: Kind) -> Iterator[Sentence]:
    span = text[start:end]
    left = start + len(span) - len(span.lstrip())
    right = left + len(span.strip())
    if any(character.isalnum() for character in text[left:right]):
        yield Sentence(text[left:right], left, right, kind)
