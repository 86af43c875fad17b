"""Bytes to text, whatever the encoding."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

from rareearth_nlp.errors import DataError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins with the UTF-16 mark, so it is asked first
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MARGIN = 0.05
_CONTROL = set(range(32)) - {9, 10, 12, 13, 27}


def decode(content: bytes, name: str) -> str:
    """Return the text in `content`: by its byte-order mark, as UTF-8, else by detection.

    Raises:
        DataError: The bytes are no text in any encoding; the message begins with `name`.
    """
    encoding = next((encoding for mark, encoding in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = _detect(content, name)
    if _looks_binary(text):
        text = _detect(content, name)  # UTF-16 without a mark decodes as UTF-8 full of NUL
    return text


def _detect(content: bytes, name: str) -> str:
    found = from_bytes(content)
    best = found.best()
    if best is None or _looks_binary(str(best)):
        raise DataError(f"{name}: binary or in an unknown encoding; save it as UTF-8 text")
    # the Latin code pages read each other's text almost as well: the one of Western Europe is by far the commonest
    western = next((match for match in found if match.encoding == "cp1252"), best)
    return str(western if western.chaos <= best.chaos + _MARGIN else best)


def _looks_binary(text: str) -> bool:
    sample = text[:4096]
    return sum(ord(character) in _CONTROL for character in sample) > len(sample) // 100
