"""The tagger: a classifier with its labels and thresholds, loaded from one directory."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from rareearth_nlp.documents import Document, Sentence, StanceTag, TaggedDocument, TaggedSentence, contexts
from rareearth_nlp.errors import DataError, ModelError
from rareearth_nlp.labels import STANCES, LabelSchema, load_labels
from rareearth_nlp.models.contract import Classifier, Scores
from rareearth_nlp.models.loading import load_classifier
from rareearth_nlp.reading import read_text
from rareearth_nlp.tagging.manifest import (
    FORMAT_VERSION,
    LABELS_FILE,
    MANIFEST_FILE,
    MODEL_FOLDER,
    Manifest,
    Provenance,
    digests,
    read_manifest,
    verify,
)

_log = logging.getLogger(__name__)

Targets = Sequence[str] | None
"""Targets as asked: ids, names or any phrase; None is the standing ones and those the text names, () is none."""


class Tagger:
    """Tags sentences with themes and with their stance toward targets.

    Attributes:
        schema: The themes and targets it was trained with.
        manifest: What it is, and where it comes from.
    """

    def __init__(self, classifier: Classifier, schema: LabelSchema, manifest: Manifest) -> None:
        self.schema = schema
        self.manifest = manifest
        self._classifier = classifier

    @classmethod
    def load(cls, source: str | Path) -> Tagger:
        """Return the tagger in a directory, or behind a `runs:/` or `models:/` URI of MLflow.

        Raises:
            ModelError: It is missing, of a newer format, or a file is missing or altered.
        """
        if str(source).startswith(("runs:/", "models:/")):
            from rareearth_nlp.tracking import download

            with TemporaryDirectory() as copy:
                return cls.load(download(str(source), Path(copy)))
        folder = Path(source)
        manifest = read_manifest(folder)
        verify(folder, manifest)
        schema = load_labels(folder / LABELS_FILE)
        return cls(load_classifier(manifest.family, folder / MODEL_FOLDER, schema), schema, manifest)

    @property
    def id(self) -> str:
        """Twelve digits that name this very tagger; they stand in every output."""
        return self.manifest.id

    def tag_text(self, text: str, targets: Targets = None) -> TaggedDocument:
        """Return the tagged sentences of a plain text, with their places in it.

        Args:
            text: An article as plain text.
            targets: Ids, names or any phrases; None is the standing targets and every listed one that the text
                names, `()` is none.
        """
        return self.tag([read_text(text)], targets)[0]

    def tag_sentences(
        self, sentences: Sequence[str], targets: Targets = None, contexts: Sequence[str] | None = None
    ) -> list[TaggedSentence]:
        """Return one result per string, in order; no string is split.

        Args:
            sentences: Each is tagged by itself.
            targets: As for `tag_text`.
            contexts: What stands before each sentence in its article, such as the heading and the sentence before; ""
                where nothing does.

        Raises:
            DataError: There are not as many contexts as sentences.
        """
        around = [""] * len(sentences) if contexts is None else list(contexts)
        if len(around) != len(sentences):
            raise DataError(f'expected a context for each of {len(sentences)} sentences, got {len(around)}; "" is none')
        documents = [Document(str(number), text, (_whole(text),)) for number, text in enumerate(sentences)]
        return [document.sentences[0] for document in self._tag(documents, [[text] for text in around], targets, False)]

    def tag(
        self, documents: Iterable[Document], targets: Targets = None, *, progress: bool = False
    ) -> list[TaggedDocument]:
        """Return the documents tagged, in order.

        Raises:
            DataError: A target is empty or too long, or `targets` is a string.
        """
        read = list(documents)
        return self._tag(read, [contexts(document.sentences) for document in read], targets, progress)

    def score(
        self,
        sentences: Sequence[str],
        targets: Sequence[str],
        contexts: Sequence[str] | None = None,
        *,
        progress: bool = False,
    ) -> Scores:
        """Return the raw scores of every sentence toward every target, as arrays; contexts as for `tag_sentences`."""
        names = [self.schema.resolve(target) for target in targets]
        return self._classifier.score(sentences, names, contexts, progress=progress)

    @property
    def classifier(self) -> Classifier:
        """What gives the scores; its targets are names, not ids."""
        return self._classifier

    def save(self, folder: Path) -> Path:
        """Write the tagger directory; nothing is left behind when writing fails.

        Raises:
            ModelError: The folder exists already.
        """
        if folder.exists():
            raise ModelError(f"{folder}: exists already; name another directory")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent, prefix=".writing-") as temporary:
            new = Path(temporary) / folder.name
            (new / MODEL_FOLDER).mkdir(parents=True)
            self._write(new)
            shutil.move(new, folder)
        return folder

    def _write(self, folder: Path) -> None:
        self._classifier.save(folder / MODEL_FOLDER)
        labels = yaml.safe_dump(self.schema.to_dict(), sort_keys=False, allow_unicode=True)
        (folder / LABELS_FILE).write_text(labels, encoding="utf-8")
        self.manifest = self.manifest.model_copy(update={"files": digests(folder)})
        (folder / MANIFEST_FILE).write_text(self.manifest.model_dump_json(indent=2), encoding="utf-8")

    def _tag(
        self, documents: list[Document], around: list[list[str]], targets: Targets, progress: bool
    ) -> list[TaggedDocument]:
        """Return the documents tagged, `around` being the context of each sentence of each document."""
        if isinstance(targets, str):
            raise DataError(f"expected a list of targets, got the string {targets!r}; write targets=[{targets!r}]")
        asked: dict[tuple[str, ...], list[int]] = {}
        for index, document in enumerate(documents):
            wanted = self.schema.default_targets(document.text) if targets is None else tuple(dict.fromkeys(targets))
            asked.setdefault(wanted, []).append(index)
        tagged: dict[int, TaggedDocument] = {}
        for wanted, indices in asked.items():
            texts = [sentence.text for index in indices for sentence in documents[index].sentences]
            before = [context for index in indices for context in around[index]]
            scores = self.score(texts, wanted, before, progress=progress)
            group = [documents[index] for index in indices]
            tagged |= zip(indices, self._with_tags(group, wanted, scores), strict=True)
        result = [tagged[index] for index in range(len(documents))]
        _warn_of_truncation(result)
        return result

    def _with_tags(
        self, documents: list[Document], targets: tuple[str, ...], scores: Scores
    ) -> Iterator[TaggedDocument]:
        """Yield the documents tagged by scores whose rows are their sentences, one document after the other."""
        row = 0
        for document in documents:
            rows = range(row, row := row + len(document.sentences))
            pairs = zip(document.sentences, rows, strict=True)
            sentences = tuple(self._tagged(sentence, scores, place, targets) for sentence, place in pairs)
            yield TaggedDocument(document, sentences, self.id)

    def _tagged(self, sentence: Sentence, scores: Scores, row: int, targets: tuple[str, ...]) -> TaggedSentence:
        themes = dict(zip(self.schema.theme_names, scores.themes[row].tolist(), strict=True))
        thresholds: Mapping[str, float] = self.manifest.thresholds
        return TaggedSentence(
            text=sentence.text,
            start=sentence.start,
            end=sentence.end,
            kind=sentence.kind,
            themes=tuple(name for name, score in themes.items() if score >= thresholds[name]),
            scores=themes,
            stances={target: _stance(scores.stances[row, place].tolist()) for place, target in enumerate(targets)},
            truncated=bool(scores.truncated[row]),
        )


def new_tagger(
    classifier: Classifier, schema: LabelSchema, thresholds: Mapping[str, float], provenance: Provenance
) -> Tagger:
    """Return a tagger that is not yet on disk."""
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        family=classifier.family,
        thresholds=dict(thresholds),
        provenance=provenance,
        files={},
    )
    return Tagger(classifier, schema, manifest)


def _whole(text: str) -> Sentence:
    return Sentence(text, 0, len(text))


def _stance(scores: list[float]) -> StanceTag:
    named = dict(zip(STANCES, scores, strict=True))
    return StanceTag(max(named, key=lambda label: named[label]), named)


def _warn_of_truncation(documents: list[TaggedDocument]) -> None:
    count = sum(sentence.truncated for document in documents for sentence in document.sentences)
    if count:
        _log.warning("%d sentences are longer than the model reads; of those it read the beginning", count)
