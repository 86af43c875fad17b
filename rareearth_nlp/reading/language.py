"""Which language a text is in."""

from __future__ import annotations

MIN_CHARACTERS = 80
"""Below this length detection is a guess, and none is made."""


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the text's language, or None for a text too short to tell."""
    if len(text) < MIN_CHARACTERS:
        return None
    import py3langid

    code, _ = py3langid.classify(text[:5000])
    return str(code)
