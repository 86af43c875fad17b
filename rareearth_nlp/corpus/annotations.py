"""What each reader said of a sentence, before anything was settled: `annotations/*.jsonl` beside the sentences."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from rareearth_nlp.corpus.records import StanceByTarget, ThemeNames, json_rows, refuse_unknown_themes
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import LabelSchema
from rareearth_nlp.validation import Strict, validate

ANNOTATIONS_FOLDER = "annotations"


class Annotation(Strict):
    """One reader's answer for one sentence.

    Attributes:
        id: The sentence.
        annotator: Who read it.
        themes: The themes found; None means not read for themes.
        stance: Stance toward each target that was asked.
        unsure: The reader doubts the answer.
        needs_context: The sentence before and the heading do not settle it.
    """

    id: str = Field(min_length=1)
    annotator: str = Field(min_length=1)
    themes: ThemeNames | None = None
    stance: StanceByTarget = Field(default_factory=dict)
    unsure: bool = False
    needs_context: bool = False


def annotation_files(corpus: Path) -> list[Path]:
    """Return the annotation files of a corpus folder or file, in order."""
    folder = (corpus if corpus.is_dir() else corpus.parent) / ANNOTATIONS_FOLDER
    return sorted(folder.glob("*.jsonl"))


def load_annotations(files: list[Path], schema: LabelSchema) -> list[Annotation]:
    """Return every reader's answers.

    Raises:
        DataError: A line is broken, names an unknown theme, or answers for a sentence that its reader answered before.
    """
    found: dict[tuple[str, str], Annotation] = {}
    for file in files:
        for place, row in json_rows(file):
            if isinstance(row, DataError):
                raise row
            answer = validate(Annotation, row, place, DataError)
            refuse_unknown_themes(answer.themes or (), schema, place)
            if (answer.id, answer.annotator) in found:
                raise DataError(f"{place}: {answer.annotator!r} answers twice for {answer.id!r}; delete one line")
            found[answer.id, answer.annotator] = answer
    return list(found.values())
