"""What `corpus check` finds beyond broken lines: texts, events and targets that do not fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from rareearth_nlp.corpus.annotations import ANNOTATIONS_FOLDER, annotation_files, load_annotations
from rareearth_nlp.corpus.loading import DOCUMENTS_FILE, Corpus
from rareearth_nlp.corpus.splitting import Splits
from rareearth_nlp.documents import Example
from rareearth_nlp.errors import DataError
from rareearth_nlp.labels import LabelSchema
from rareearth_nlp.reading import read_article

TEXTS_FOLDER = "texts"


def check_corpus(corpus: Corpus, splits: Splits, folder: Path, schema: LabelSchema) -> list[str]:
    """Return a sentence for everything that is wrong.

    Args:
        corpus: What `load_corpus` found sound.
        splits: The examples of each split.
        folder: Where the corpus lies; `texts/<document>.txt` there is the page that a document was read from.
        schema: Themes and targets.
    """
    return [
        *_without_record(corpus),
        *_events_across(corpus, splits),
        *_targets(corpus, schema),
        *_units(corpus, folder / TEXTS_FOLDER),
        *_answers(corpus, folder, schema),
    ]


def _without_record(corpus: Corpus) -> Iterator[str]:
    """Yield a sentence for each document that is not listed where others are."""
    for document in dict.fromkeys(example.document_id for example in corpus.examples):
        if corpus.documents and document not in corpus.documents:
            yield f"the document {document!r} is not in {DOCUMENTS_FILE}, where others are; add it, or mend its name"


def _events_across(corpus: Corpus, splits: Splits) -> Iterator[str]:
    first: dict[str, tuple[str, str]] = {}
    for split, examples in splits.items():
        for document in dict.fromkeys(example.document_id for example in examples):
            event = corpus.documents[document].event if document in corpus.documents else None
            if event is None:
                continue
            other, before = first.setdefault(event, (document, split))
            if before != split:
                yield (
                    f"the event {event!r} is told in {before} ({other!r}) and in {split} ({document!r}); "
                    "move one of the documents"
                )


def _targets(corpus: Corpus, schema: LabelSchema) -> Iterator[str]:
    """Yield a sentence for each target that neither the labels file lists nor the document is about."""
    listed = {target.name for target in schema.targets}
    ids = {target.id for target in schema.targets}
    told: set[tuple[str, str]] = set()
    for example in corpus.examples:
        record = corpus.documents.get(example.document_id)
        own = {schema.resolve(record.target)} if record and record.target else set()
        for target in example.stance:
            if schema.resolve(target) not in listed | own and (example.document_id, target) not in told:
                told.add((example.document_id, target))
                yield f"{example.id!r}: unknown target {target!r}; {_known(target, listed | own | ids)}"


def _known(target: str, known: set[str]) -> str:
    close = get_close_matches(target, sorted(known), n=1)
    return f"did you mean {close[0]!r}?" if close else "list it in the labels file, or as its document's target"


def _units(corpus: Corpus, texts: Path) -> Iterator[str]:
    """Yield a sentence for each document whose sentences are not the ones that reading its text gives."""
    by_document: dict[str, list[Example]] = defaultdict(list)
    for example in corpus.examples:
        by_document[example.document_id].append(example)
    for file in sorted(texts.glob("*.txt")):
        known = by_document.get(file.stem)
        if known is None:
            yield f"{file}: no sentence of the document {file.stem!r} is in the corpus; add them, or delete the file"
        elif problem := _difference(known, file):
            yield problem


def _difference(known: Sequence[Example], file: Path) -> str | None:
    """Return a sentence about the first unit of a text that is not the corpus' one."""
    try:
        units = [(sentence.text, sentence.kind) for sentence in read_article(file).sentences]
    except DataError as problem:
        return str(problem)
    labelled = [(example.text, example.kind) for example in known]
    if units == labelled:
        return None
    differing = (place for place, pair in enumerate(zip(units, labelled, strict=False)) if pair[0] != pair[1])
    place = next(differing, min(len(units), len(labelled)))
    return f"{file}: its sentence {place} is not the corpus' one; read the text again and label what has changed"


def _answers(corpus: Corpus, folder: Path, schema: LabelSchema) -> Iterator[str]:
    """Yield a sentence for each answer of a reader that no sentence has asked for."""
    known = {example.id for example in corpus.examples}
    try:
        answers = load_annotations(annotation_files(folder), schema)
    except DataError as problem:
        yield str(problem)
        return
    for answer in answers:
        if answer.id not in known:
            yield (
                f"{ANNOTATIONS_FOLDER}: {answer.annotator!r} answers for {answer.id!r}, which is not in the corpus; "
                "mend the id, or delete the line"
            )
