"""What flows through the package: documents and sentences in, tagged documents out."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 2
"""Version of the JSON shape that `TaggedDocument.to_dict` gives."""

ABSTAINED = "abstained"
"""What a tag says that reaches its threshold, but not the precision that was asked."""

UNITS_BEFORE = 2
"""How many of the sentences before one are in its context."""

Kind = Literal["text", "heading", "bullet"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A span of a document: `document.text[start:end] == text`, offsets in code points."""

    text: str
    start: int
    end: int
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Document:
    """A read article.

    Attributes:
        id: A name that is unique within a batch; for a file, its path as given.
        text: What the sentences' offsets count in: for a text file the file itself, for HTML the extracted text.
        sentences: The units to tag in reading order; what is not covered is boilerplate or blank.
        title: The headline, where the source names one.
        date: ISO 8601 date of publication, where the source names one.
        outlet: The publication, where the source names one.
        language: ISO 639-1 code as detected, or None for a text too short to tell.
    """

    id: str
    text: str
    sentences: tuple[Sentence, ...]
    title: str | None = None
    date: str | None = None
    outlet: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with its annotations.

    Attributes:
        themes: Names of the themes it touches; None means not annotated.
        stance: Stance toward each annotated target, by the target's id, name or phrase.
        split: `train`, `validation` or `test` where the corpus itself fixes it.
        unsure: A reader doubted the labels; an encoder's training gives them half weight.
        needs_context: The sentence before and the heading do not settle the labels.
    """

    id: str
    document_id: str
    position: int
    text: str
    themes: tuple[str, ...] | None = None
    stance: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    kind: Kind = "text"
    split: str | None = None
    unsure: bool = False
    needs_context: bool = False


def contexts(units: Sequence[Sentence] | Sequence[Example]) -> list[str]:
    """Return what stands before each unit of one document: headline, heading and up to two units, or "" for none.

    A heading has no units before; what stands around it is the first heading, the headline.

    Args:
        units: All units of the document in reading order.
    """
    found: list[str] = []
    headline = heading = ""
    before: deque[str] = deque(maxlen=UNITS_BEFORE)
    for unit in units:
        if unit.kind == "heading":
            found.append(headline)
            headline, heading = headline or unit.text, unit.text
            before.clear()
        else:
            headings = dict.fromkeys((headline, heading))
            found.append(" ".join(part for part in (*headings, *before) if part))
            before.append(unit.text)
    return found


def contexts_in_corpus(examples: Sequence[Example]) -> list[str]:
    """Return the contexts of one document's examples; of a sample of its sentences none, since they are not known."""
    whole = all(after.position == before.position + 1 for before, after in pairwise(examples))
    return contexts(examples) if whole else [""] * len(examples)


@dataclass(frozen=True, slots=True)
class StanceTag:
    """The stance toward one target, and the probability of each; `abstained` where a promised precision is not kept."""

    label: str
    scores: Mapping[str, float]

    @property
    def score(self) -> float:
        """The probability of the label; of `abstained`, of the most probable stance."""
        return self.scores[self.label] if self.label in self.scores else max(self.scores.values())


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """A sentence with a model's tags.

    Attributes:
        themes: Names of the themes whose score reaches the tagger's threshold.
        scores: Probability of every theme, whatever the threshold.
        stances: A tag per target, under the words in which the target was asked.
        truncated: True when the model read only the beginning of the sentence.
        abstained: Names of the themes that reach the threshold but not the precision that was asked.
    """

    text: str
    start: int
    end: int
    kind: Kind
    themes: tuple[str, ...]
    scores: Mapping[str, float]
    stances: Mapping[str, StanceTag]
    truncated: bool = False
    abstained: tuple[str, ...] = ()

    def status(self, theme: str) -> str:
        """Return `tagged`, `none` or `abstained`."""
        if theme in self.abstained:
            return ABSTAINED
        return "tagged" if theme in self.themes else "none"

    def to_dict(self) -> dict[str, Any]:
        """Return the sentence's part of the one JSON shape."""
        stances = {target: {"label": tag.label, "scores": dict(tag.scores)} for target, tag in self.stances.items()}
        return {
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "kind": self.kind,
            "themes": list(self.themes),
            "scores": dict(self.scores),
            "stances": stances,
            "truncated": self.truncated,
            "abstained": list(self.abstained),
        }


@dataclass(frozen=True, slots=True)
class TaggedDocument:
    """A document with its tagged sentences, and the tagger that made them."""

    document: Document
    sentences: tuple[TaggedSentence, ...]
    tagger: str

    def to_dict(self) -> dict[str, Any]:
        """Return the one JSON shape that the command line, JSON Lines and the service all speak."""
        return {
            "schema_version": SCHEMA_VERSION,
            "tagger": self.tagger,
            "document": self._document_fields(),
            "sentences": [sentence.to_dict() for sentence in self.sentences],
        }

    def to_frame(self, by: Literal["sentence", "target"] = "sentence") -> pd.DataFrame:
        """Return one row per sentence, or with `by="target"` one row per stance.

        Raises:
            ValueError: `by` is neither `sentence` nor `target`.
        """
        import pandas as pd

        if by not in ("sentence", "target"):
            raise ValueError(f"expected by='sentence' or by='target', got by={by!r}")
        rows = (row for index, sentence in enumerate(self.sentences) for row in self._rows(index, sentence, by))
        return pd.DataFrame(list(rows))

    def _document_fields(self) -> dict[str, str | None]:
        source = self.document
        return {
            "id": source.id,
            "title": source.title,
            "date": source.date,
            "outlet": source.outlet,
            "language": source.language,
        }

    def _rows(self, position: int, sentence: TaggedSentence, by: str) -> list[dict[str, Any]]:
        place = {
            "document_id": self.document.id,
            "title": self.document.title,
            "date": self.document.date,
            "outlet": self.document.outlet,
            "language": self.document.language,
            "position": position,
            "start": sentence.start,
            "end": sentence.end,
            "kind": sentence.kind,
            "text": sentence.text,
        }
        if by == "target":
            return [
                place
                | {"target": target, "stance": tag.label}
                | {f"score_{name}": score for name, score in tag.scores.items()}
                for target, tag in sentence.stances.items()
            ]
        scores = {f"score_{name}": score for name, score in sentence.scores.items()}
        stances: dict[str, str | float] = {}
        for target, tag in sentence.stances.items():
            stances |= {f"stance:{target}": tag.label, f"stance_score:{target}": tag.score}
        themes = {"themes": list(sentence.themes)}
        rest = {"truncated": sentence.truncated, "abstained": list(sentence.abstained), "tagger": self.tagger}
        return [place | themes | scores | stances | rest]
