"""Plain text and Markdown: the document's text is the file, so offsets point into what the reader has on disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from rareearth_nlp.documents import Document, Kind
from rareearth_nlp.reading.boilerplate import is_boilerplate
from rareearth_nlp.reading.language import detect_language
from rareearth_nlp.reading.sentences import Block, sentences_of

_LINE = re.compile(r"[^\r\n\f\v\x1c-\x1e\x85\u2028\u2029]+")
_BULLET = re.compile(r"(?:[•◦▪‣·●○*–—+-]|\(?\d{1,2}[.)]|\(?[a-z]\))[ \t\u00a0]+(?=\S)")
_TERMINAL = re.compile(r"[.!?…:;,][\"'”’)\]]*$")
_HEADING_WORDS = 16
_MIN_WRAP_WIDTH, _MAX_WRAP_WIDTH = 40, 120
_RAGGED = 0.1
_MARKDOWN_HEADING = re.compile(r"#{1,6}[ \t]+(?=\S)")
_MARKDOWN_SKIP = re.compile(r"\s*(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?|\|?[\s:|=-]+\|?|\[[^\]]+\]:\s.*)$")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(?=[\w-]+[ \t]*:)(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_HIDDEN = re.compile(r"^[ \t]*(?:(```|~~~).*?^[ \t]*\1[^\S\n]*$|<!--.*?-->)", re.DOTALL | re.MULTILINE)


class _Line(NamedTuple):
    start: int
    end: int
    text: str


def read_text(text: str, name: str = "text") -> Document:
    """Return the document in a plain text: boilerplate is skipped rather than cut, so `document.text` is `text`.

    Headings and bullets are units of their own; lines of a hard-wrapped paragraph belong together.
    """
    blocks = list(_blocks(_lines(text, 0), text))
    title = next((text[block.start : block.end].strip() for block in blocks[:1] if block.kind == "heading"), None)
    return Document(name, text, sentences_of(text, blocks), title=title, language=detect_language(text))


def read_markdown(text: str, name: str = "text") -> Document:
    """Return the document in a Markdown text; front matter, code fences, images and rules are skipped."""
    front = _FRONT_MATTER.match(text)
    skipped = [match.span() for match in _HIDDEN.finditer(text)]
    lines = [
        line
        for line in _lines(text, front.end() if front else 0)
        if not any(start <= line.start < end for start, end in skipped) and not _MARKDOWN_SKIP.match(line.text)
    ]
    blocks = list(_blocks(lines, text))
    sentences = sentences_of(text, blocks)
    fields = _front_fields(front.group(1) if front else "")
    heading = next((text[block.start : block.end].strip() for block in blocks if block.kind == "heading"), None)
    return Document(
        name,
        text,
        sentences,
        title=fields.get("title", heading),
        date=fields.get("date"),
        outlet=fields.get("outlet"),
        language=detect_language(text),
    )


def _front_fields(front: str) -> dict[str, str]:
    """Return the fields of a front matter; no YAML reader, since titles often hold a colon that YAML would refuse."""
    pairs = (line.partition(":") for line in front.splitlines() if not line[:1].isspace())  # not those of a field
    return {key.strip().lower(): value.strip().strip("\"'") for key, _, value in pairs if value.strip()}


def _lines(text: str, start: int) -> list[_Line]:
    return [_Line(match.start(), match.end(), match.group()) for match in _LINE.finditer(text, start)]


def _blocks(lines: list[_Line], text: str) -> Iterator[Block]:
    for group in _groups(lines, text):
        if _is_wrapped(group):
            if not is_boilerplate(" ".join(line.text for line in group)):
                yield _block(group[0], alone=False)._replace(end=group[-1].end)
            continue
        for line in group:
            if not is_boilerplate(line.text):
                yield _block(line, alone=len(group) == 1)


def _groups(lines: list[_Line], text: str) -> Iterator[list[_Line]]:
    """Yield the runs of lines that no blank line parts; a bullet or a heading mark begins a new one."""
    group: list[_Line] = []
    for line in lines:
        if not line.text.strip():
            continue
        gap = text[group[-1].end : line.start] if group else ""
        apart = len(re.findall(r"\r\n|[\n\r\f\v\x1c-\x1e\x85\u2028\u2029]", gap)) > 1 or gap.count("\n") > 1
        if group and (apart or _marked(line.text) or _MARKDOWN_HEADING.match(group[-1].text.lstrip())):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _marked(line: str) -> bool:
    bare = line.lstrip()
    return bool(_BULLET.match(bare) or _MARKDOWN_HEADING.match(bare))


def _is_wrapped(group: list[_Line]) -> bool:
    """Tell whether the lines are one paragraph broken at a fixed width.

    Then hardly a line had room for the next one's first word, and many go on in lower case, unlike a table's.
    """
    lines = [line.text.rstrip() for line in group]
    width = max(map(len, lines))
    pairs = list(zip(lines[:-1], [line.lstrip() for line in lines[1:]], strict=True))
    filled = sum(len(line) + 1 + len(after.split()[0]) > width * (1 - _RAGGED) for line, after in pairs)
    goes_on = sum(after[0].islower() for _, after in pairs)
    return (
        _MIN_WRAP_WIDTH <= width <= _MAX_WRAP_WIDTH
        and bool(pairs)
        and filled >= 0.9 * len(pairs)
        and goes_on >= 0.3 * len(pairs)
    )


def _block(line: _Line, alone: bool) -> Block:
    indent = len(line.text) - len(line.text.lstrip())
    bare = line.text.strip()
    heading = _MARKDOWN_HEADING.match(bare)
    bullet = _BULLET.match(bare)
    if heading:
        return Block(line.start + indent + heading.end(), line.end, "heading")
    if bullet:
        return Block(line.start + indent + bullet.end(), line.end, "bullet")
    return Block(line.start, line.end, _kind(bare, alone))


def _kind(bare: str, alone: bool) -> Kind:
    looks_like_heading = alone and not _TERMINAL.search(bare) and len(bare.split()) <= _HEADING_WORDS
    return "heading" if looks_like_heading else "text"
