"""An article becomes a document: decoded, without boilerplate, cut into sentences with their offsets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rareearth_nlp.documents import Document
from rareearth_nlp.errors import DataError
from rareearth_nlp.reading.decoding import decode
from rareearth_nlp.reading.html import read_html
from rareearth_nlp.reading.text import read_markdown, read_text
from rareearth_nlp.validation import reason

__all__ = ["SUFFIXES", "read_article", "read_html", "read_markdown", "read_text"]

# an input format is added here: one reader and its suffix
SUFFIXES: dict[str, Callable[[str, str], Document]] = {
    ".txt": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
}


def read_article(path: str | Path) -> Document:
    """Return the document in a `.txt`, `.md` or `.html` file of any text encoding.

    Raises:
        DataError: The file is missing, of an unknown suffix, binary, or holds no sentence.
    """
    file = Path(path)
    reader = SUFFIXES.get(file.suffix.lower())
    if reader is None:
        raise DataError(
            f"{file}: expected one of {', '.join(SUFFIXES)}, got {file.suffix or 'no suffix'}; save it as one"
        )
    try:
        content = file.read_bytes()
    except OSError as problem:
        raise DataError(f"{file}: cannot be read ({reason(problem)}); check the path") from None
    document = reader(decode(content, str(file)), str(file))
    if not document.sentences:
        raise DataError(f"{file}: holds no sentence to tag; is it the right file?")
    return document
