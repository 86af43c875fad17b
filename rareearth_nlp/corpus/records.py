"""One line of a corpus file, checked: the shape that JSON Lines and CSV share."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from rareearth_nlp.documents import Example, Kind
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import MAX_TARGET_CHARACTERS, LabelSchema
from rareearth_nlp.validation import Strict, nearest, reason, validate

SPLITS = ("train", "validation", "test")
SUFFIXES = (".jsonl", ".csv")
NO_THEME = "none"
"""In a CSV cell: annotated, and no theme found. An empty cell is not annotated."""

Split = Literal["train", "validation", "test"]


def _each_once(themes: tuple[str, ...]) -> tuple[str, ...]:
    for theme, times in Counter(themes).items():
        if times > 1:
            raise ValueError(f"{theme!r} stands there twice; delete one")
    return themes


def _named(stance: dict[str, str]) -> dict[str, str]:
    for target in stance:
        if not 1 <= len(target.strip()) <= MAX_TARGET_CHARACTERS:
            raise ValueError(f"expected targets of 1 to {MAX_TARGET_CHARACTERS} characters, got {len(target)}")
    return stance


ThemeNames = Annotated[tuple[str, ...], AfterValidator(_each_once)]
StanceByTarget = Annotated[dict[str, Literal["favor", "against", "neutral"]], AfterValidator(_named)]


class SentenceRecord(Strict):
    """One annotated sentence as a file holds it; `themes: null` is not annotated, `[]` is none found."""

    id: str = Field(min_length=1)
    document_id: str = Field(min_length=1)
    text: str = Field(pattern=r"\S")
    position: int | None = Field(None, ge=0)
    themes: ThemeNames | None = None
    stance: StanceByTarget = Field(default_factory=dict)
    source: str | None = None
    kind: Kind = "text"
    split: Split | None = None
    unsure: bool = False
    needs_context: bool = False


class DocumentRecord(Strict):
    """What is known of a corpus document besides its sentences.

    Attributes:
        family: The family of its genre.
        outlet_kind: What sort of publication printed it.
        writer: Who wrote it; a writer whose documents all lie in validation or in test is unfamiliar to the tagger.
        event: What it tells of; an event belongs to one split.
        target: The company, project, law or technology that it is about.
        weight: How common its kind is in real coverage, relative to its share here; 1 is as common.
    """

    id: str = Field(min_length=1)
    title: str | None = None
    date: str | None = None
    genre: str | None = None
    family: str | None = None
    outlet_kind: str | None = None
    region: str | None = None
    writer: str | None = None
    event: str | None = None
    target: str | None = Field(None, min_length=1, max_length=MAX_TARGET_CHARACTERS)
    weight: float = Field(1.0, gt=0)
    split: Split | None = None


def read_sentences(file: Path, schema: LabelSchema) -> Iterator[tuple[str, Example | DataError]]:
    """Yield `file:line` with the example there, or with what is wrong with it.

    Raises:
        DataError: The file cannot be read at all.
    """
    seen: Counter[str] = Counter()  # sentences of each document so far: their order where no position is given
    rows = _csv_rows(file) if file.suffix == ".csv" else json_rows(file)
    for place, row in rows:
        try:
            if isinstance(row, DataError):
                raise row
            record = validate(SentenceRecord, row, place, DataError)
            refuse_unknown_themes(record.themes or (), schema, place)
            read = [schema.resolve(target) for target in record.stance]
            if len(set(read)) < len(read):
                raise DataError(f"{place}: two of the targets {', '.join(record.stance)} are the same; keep one")
            order = seen[record.document_id]
            seen[record.document_id] += 1
            fields = {name: getattr(record, name) for name in SentenceRecord.model_fields}
            yield place, Example(**fields | {"position": order if record.position is None else record.position})
        except DataError as problem:
            yield place, problem


def read_documents(file: Path) -> Iterator[DocumentRecord | DataError]:
    """Yield the documents of a `documents.jsonl`, or what is wrong with a line.

    Raises:
        DataError: The file cannot be read at all.
    """
    seen: set[str] = set()
    for place, row in json_rows(file):
        try:
            if isinstance(row, DataError):
                raise row
            record = validate(DocumentRecord, row, place, DataError)
            if record.id in seen:
                raise DataError(f"{place}: the document {record.id!r} stands there twice; delete one")
            seen.add(record.id)
            yield record
        except DataError as problem:
            yield problem


def refuse_unknown_themes(themes: Sequence[str], schema: LabelSchema, place: str) -> None:
    """Refuse themes that the schema does not have.

    Raises:
        DataError: One sentence about the first of them, with the nearest known one.
    """
    unknown = [theme for theme in themes if theme not in schema.theme_names]
    if unknown:
        hint = nearest(unknown[0], list(schema.theme_names))
        raise DataError(f"{place}: unknown theme {unknown[0]!r}; {hint}, or add it to the labels file")


def _open(file: Path) -> io.StringIO:
    try:
        return io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")
    except (OSError, UnicodeDecodeError) as problem:
        raise DataError(f"{file}: expected a readable UTF-8 file, got {reason(problem)}") from None


def json_rows(file: Path) -> Iterator[tuple[str, Any]]:
    """Yield `file:line` with the object on each line, or with what is wrong with it."""
    with _open(file) as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            place = f"{file}:{number}"
            try:
                row = json.loads(line, object_pairs_hook=_without_repeats)
            except json.JSONDecodeError as problem:
                yield (
                    place,
                    DataError(f"{place}: broken JSON ({problem.msg} at column {problem.colno}); mend that line"),
                )
                continue
            except ValueError as problem:
                yield place, DataError(f"{place}: {problem}")
                continue
            yield (
                place,
                row
                if isinstance(row, dict)
                else DataError(f"{place}: expected a JSON object, got {line.strip()[:40]!r}"),
            )


def _without_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs as a dictionary.

    Raises:
        ValueError: A key stands there twice, and one of its values would be lost.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"{twice!r} stands there twice; delete one")
    return found


def _csv_rows(file: Path) -> Iterator[tuple[str, Any]]:
    with _open(file) as stream:
        reader = csv.DictReader(stream, strict=True)
        try:
            for row in reader:
                place = f"{file}:{reader.line_num}"
                if None in row:
                    yield place, DataError(f"{place}: more cells than the header has columns; quote the text")
                    continue
                cells = {name: cell for name, cell in row.items() if cell and cell.strip()}
                try:
                    yield place, cells | _lists(cells)
                except ValueError as problem:
                    yield place, DataError(f"{place}: 'stance': {problem}")
        except csv.Error as problem:
            place = f"{file}:{reader.line_num}"
            yield place, DataError(f"{place}: broken CSV ({problem}); is a quotation mark open?")


def _lists(cells: dict[str, str]) -> dict[str, Any]:
    """Return the themes and stance cells as the lists and objects that JSON Lines has."""
    found: dict[str, Any] = {}
    if "themes" in cells:
        themes = [theme.strip() for theme in cells["themes"].split(";") if theme.strip()]
        found["themes"] = [] if themes == [NO_THEME] else themes
    if "stance" in cells:
        pairs = (pair.rpartition("=") for pair in cells["stance"].split(";") if pair.strip())
        found["stance"] = _without_repeats([(target.strip(), label.strip()) for target, _, label in pairs])
    return found
