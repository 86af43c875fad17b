"""A corpus from disk: a file or a folder of files, with its documents' metadata beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from rareearth_nlp.corpus.records import SPLITS, SUFFIXES, DocumentRecord, read_documents, read_sentences
from rareearth_nlp.documents import Example
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import LabelSchema

DOCUMENTS_FILE = "documents.jsonl"


class CorpusError(DataError):
    """Something in a corpus is wrong; `problems` holds a sentence for each, the message the first."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        more = f" (and {len(problems) - 1} more: `rareearth-nlp corpus check` lists them)" if len(problems) > 1 else ""
        super().__init__(problems[0] + more)


@dataclass(frozen=True)
class Corpus:
    """All examples, in the order of document and position, and what is known of their documents."""

    examples: tuple[Example, ...]
    documents: Mapping[str, DocumentRecord]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the examples and documents: the same content has the same digest on every machine."""
        content = {
            "examples": [asdict(example) for example in self.examples],
            "documents": [record.model_dump() for _, record in sorted(self.documents.items())],
        }
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def load_corpus(path: Path, schema: LabelSchema) -> Corpus:
    """Return the corpus in a `.jsonl` or `.csv` file, or in a folder of them.

    Document metadata is read from `documents.jsonl` beside the sentences. A file named after a split (`train.jsonl`)
    puts its sentences there; so does a `split` field of a sentence or of a document.

    Raises:
        CorpusError: Broken lines, unknown themes, repeated ids, split documents, contradicting splits, or no sentence.
    """
    files = _files(path)
    examples: dict[str, tuple[str, Example]] = {}
    problems: list[str] = []
    for file in files:
        for place, found in read_sentences(file, schema):
            if isinstance(found, DataError):
                problems.append(str(found))
            elif found.id in examples:
                problems.append(f"{place}: the id {found.id!r} stands also at {examples[found.id][0]}; ids are unique")
            elif file.stem in SPLITS and found.split not in (None, file.stem):
                problems.append(
                    f"{place}: its split is {found.split}, its file is {file.name}; move it, or mend either"
                )
            else:
                split = file.stem if file.stem in SPLITS else found.split
                examples[found.id] = place, replace(found, split=split)
    if not examples and not problems:
        problems.append(f"{path}: the corpus is empty; add a line with id, document_id, text and themes")
    documents: dict[str, DocumentRecord] = {}
    for record in _records(files[0].parent / DOCUMENTS_FILE):
        if isinstance(record, DataError):
            problems.append(str(record))
        else:
            documents[record.id] = record
    placed = {name: (place, _with_split(example, documents)) for name, (place, example) in examples.items()}
    problems += [*_beside_records(placed, documents), *_documents_apart(placed)]
    if problems:
        raise CorpusError(problems)
    ordered = sorted(
        (example for _, example in placed.values()), key=lambda found: (found.document_id, found.position, found.id)
    )
    used = {example.document_id for example in ordered}
    return Corpus(tuple(ordered), {name: record for name, record in documents.items() if name in used})


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and file.name != DOCUMENTS_FILE)
        if not files:
            raise CorpusError([f"{path}: expected {' or '.join(SUFFIXES)} files in this folder, found none"])
        return files
    if path.suffix not in SUFFIXES:
        raise CorpusError([f"{path}: expected a folder or a {' or '.join(SUFFIXES)} file; set corpus.path"])
    return [path]


def _records(file: Path) -> Iterator[DocumentRecord | DataError]:
    return read_documents(file) if file.is_file() else iter(())


def _with_split(example: Example, documents: Mapping[str, DocumentRecord]) -> Example:
    record = documents.get(example.document_id)
    return replace(example, split=example.split or (record.split if record else None))


def _beside_records(
    placed: Mapping[str, tuple[str, Example]], documents: Mapping[str, DocumentRecord]
) -> Iterator[str]:
    """Yield a sentence for each document whose sentences are in another split than its record says."""
    wrong: dict[str, str] = {}
    for place, example in placed.values():
        record = documents.get(example.document_id)
        if record and record.split not in (None, example.split):
            wrong.setdefault(
                example.document_id,
                f"{place}: is in split {example.split}, its document {example.document_id!r} in {record.split} by "
                f"{DOCUMENTS_FILE}; mend either",
            )
    yield from wrong.values()


def _documents_apart(placed: Mapping[str, tuple[str, Example]]) -> list[str]:
    """Return a sentence for each document that stands in two splits."""
    first: dict[str, tuple[str, str | None]] = {}
    problems: dict[str, str] = {}
    for place, example in placed.values():
        before, split = first.setdefault(example.document_id, (place, example.split))
        if split != example.split:
            problems.setdefault(
                example.document_id,
                f"{place}: the document {example.document_id!r} is in split {example.split} here and in {split} at "
                f"{before}; a document belongs to one split",
            )
    return list(problems.values())
