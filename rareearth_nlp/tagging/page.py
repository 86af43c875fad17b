"""Tagged documents as one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

from rareearth_nlp.documents import ABSTAINED, TaggedDocument, TaggedSentence
from rareearth_nlp.resources import templates

_COLORS = ("#2f6fb3", "#c2553a", "#7a5ba8", "#2f8a6b", "#b0852c", "#a8477d", "#5a7d2a", "#4a6d7c")


def render(documents: Sequence[TaggedDocument]) -> str:
    """Return a page with every article's sentences, the tagged ones highlighted in their themes' colours."""
    names = list(
        dict.fromkeys(name for document in documents for tagged in document.sentences for name in tagged.scores)
    )
    colors = {name: _COLORS[number % len(_COLORS)] for number, name in enumerate(names)}
    articles = [_article(document, names) for document in documents]
    return templates("tagging").get_template("page.html").render(articles=articles, colors=colors)


def _article(document: TaggedDocument, names: Sequence[str]) -> dict[str, Any]:
    source = document.document
    name = PurePath(source.id).name
    return {
        "title": source.title or name,
        "byline": " · ".join(part for part in (source.outlet, source.date, name) if part),
        "tagger": document.tagger,
        "units": [_unit(sentence) for sentence in document.sentences],
        "counts": {name: sum(name in sentence.themes for sentence in document.sentences) for name in names},
        "net": dict(_net_stance(document)),
    }


def _unit(sentence: TaggedSentence) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "kind": sentence.kind,
        "themes": sentence.themes,
        "abstained": [*sentence.abstained, *_withheld(sentence)],
        "scores": sentence.scores,
        "stances": {
            target: {"label": tag.label, "score": tag.score}
            for target, tag in sentence.stances.items()
            if tag.label in ("favor", "against")
        },
    }


def _withheld(sentence: TaggedSentence) -> list[str]:
    return [target for target, tag in sentence.stances.items() if tag.label == ABSTAINED]


def _net_stance(document: TaggedDocument) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield, for each target asked, how many sentences favour it and how many speak against it."""
    for target in dict.fromkeys(target for sentence in document.sentences for target in sentence.stances):
        labels = [sentence.stances[target].label for sentence in document.sentences if target in sentence.stances]
        yield target, {"favor": labels.count("favor"), "against": labels.count("against")}
