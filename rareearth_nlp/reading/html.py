"""HTML: trafilatura finds the article; the document's text is what it extracted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rareearth_nlp.documents import Document, Kind
from rareearth_nlp.reading.boilerplate import is_boilerplate
from rareearth_nlp.reading.language import detect_language
from rareearth_nlp.reading.sentences import Block, sentences_of

if TYPE_CHECKING:
    from lxml.etree import _Element

_KINDS: dict[str, Kind] = {"head": "heading", "item": "bullet", "row": "bullet"}
# only what a page declares as its date: any other on the page may be anything's
_DATES = {"extensive_search": False, "original_date": True}
_UNITS = {"head", "p", "item", "quote", "row", "code"}


def read_html(text: str, name: str = "page") -> Document:
    """Return the article in a web page, with its title, date and outlet where the page names them.

    Extraction favours recall: a lost paragraph costs more than a line too many, and boilerplate is filtered after it.
    """
    from trafilatura import bare_extraction  # takes a third of a second to import

    page: Any = bare_extraction(
        text, favor_recall=True, include_comments=False, with_metadata=True, date_extraction_params=_DATES
    )
    if page is None or page.body is None:
        return Document(name, "", ())
    for line_break in page.body.iter("lb"):
        line_break.tail = f" {line_break.tail or ''}"
    units = [(content, kind) for content, kind in _units(page.body) if not is_boilerplate(content)]
    body, blocks = _joined(units)
    return Document(
        name,
        body,
        sentences_of(body, blocks),
        title=page.title,
        date=page.date,
        outlet=page.sitename or page.hostname,
        language=detect_language(body),
    )


def _units(element: _Element) -> Iterator[tuple[str, Kind]]:
    """Yield the text and kind of the innermost units; an item with a list gives its own words, then the list's."""
    for child in element:
        if child.tag in _UNITS and not any(inner.tag in _UNITS for inner in child.iterdescendants()):
            content = " ".join((" " if child.tag == "row" else "").join(child.itertext()).split())
            if content:
                yield content, _KINDS.get(str(child.tag), "text")
        else:
            if child.text and child.text.strip():
                yield " ".join(child.text.split()), _KINDS.get(str(child.tag), "text")
            yield from _units(child)
        if child.tail and child.tail.strip():
            yield " ".join(child.tail.split()), "text"


def _joined(units: list[tuple[str, Kind]]) -> tuple[str, list[Block]]:
    blocks, start = [], 0
    for content, kind in units:
        blocks.append(Block(start, start + len(content), kind))
        start += len(content) + 2
    return "\n\n".join(content for content, _ in units), blocks
