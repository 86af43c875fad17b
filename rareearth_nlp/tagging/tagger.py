"""The tagger: a classifier with its labels and thresholds, loaded from one directory."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import yaml

from rareearth_nlp.documents import ABSTAINED, Document, Sentence, StanceTag, TaggedDocument, TaggedSentence, contexts
from rareearth_nlp.errors import DataError, ModelError
from rareearth_nlp.labels import STANCES, LabelSchema, load_labels
from rareearth_nlp.models.contract import Classifier, Scores
from rareearth_nlp.models.decisions import DecisionRule, Decisions, decide
from rareearth_nlp.models.engines import Runtime
from rareearth_nlp.models.loading import load_classifier
from rareearth_nlp.reading import read_text
from rareearth_nlp.tagging.archive import score_in_parts
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
from rareearth_nlp.validation import validate

if TYPE_CHECKING:
    from rareearth_nlp.config import Config

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
    def load(cls, source: str | Path, *, runtime: Runtime = "auto", threads: int | None = None) -> Tagger:
        """Return the tagger in a directory, or behind a `runs:/` or `models:/` URI of MLflow.

        Args:
            source: Where it is.
            runtime: What computes an encoder: openvino, onnx or torch; auto takes the first of them that the
                tagger was exported for and that is installed.
            threads: How many cores to take; None takes all.

        Raises:
            ModelError: It is missing, of a newer format, or a file is missing or altered.
        """
        if str(source).startswith(("runs:/", "models:/")):
            from rareearth_nlp.tracking import download

            with TemporaryDirectory() as copy:
                return cls.load(download(str(source), Path(copy)), runtime=runtime, threads=threads)
        folder = Path(source)
        manifest = read_manifest(folder)
        verify(folder, manifest)
        schema = load_labels(folder / LABELS_FILE)
        classifier = load_classifier(manifest.family, folder / MODEL_FOLDER, schema, runtime, threads)
        return cls(classifier, schema, manifest)

    @property
    def id(self) -> str:
        """Twelve digits that name this very tagger; they stand in every output."""
        return self.manifest.id

    @property
    def config(self) -> Config:
        """The configuration that it was trained by.

        Raises:
            ModelError: This version does not understand it.
        """
        from rareearth_nlp.config import Config

        where = f"tagger {self.id}: its configuration"
        return validate(Config, self.manifest.provenance.config, where, ModelError)

    def tag_text(self, text: str, targets: Targets = None, *, precision: float | None = None) -> TaggedDocument:
        """Return the tagged sentences of a plain text, with their places in it.

        Args:
            text: An article as plain text.
            targets: Ids, names or any phrases; None is the standing targets and every listed one that the text
                names, `()` is none.
            precision: As for `tag`.
        """
        return self.tag([read_text(text)], targets, precision=precision)[0]

    def tag_sentences(
        self,
        sentences: Sequence[str],
        targets: Targets = None,
        contexts: Sequence[str] | None = None,
        *,
        precision: float | None = None,
    ) -> list[TaggedSentence]:
        """Return one result per string, in order; no string is split.

        Args:
            sentences: Each is tagged by itself.
            targets: As for `tag_text`.
            contexts: What stands before each sentence in its article, such as the headline and the sentence before; ""
                where nothing does.
            precision: As for `tag`.

        Raises:
            DataError: There are not as many contexts as sentences, or `sentences` is a string.
        """
        if isinstance(sentences, str):
            raise DataError("expected a list of sentences, got a string; use tag_text, or put it into a list")
        around = [""] * len(sentences) if contexts is None else list(contexts)
        if len(around) != len(sentences):
            raise DataError(f'expected a context for each of {len(sentences)} sentences, got {len(around)}; "" is none')
        documents = [Document(str(number), text, (_whole(text),)) for number, text in enumerate(sentences)]
        tagged = self._tag(documents, [[text] for text in around], targets, precision)
        return [document.sentences[0] for document in tagged]

    def tag(
        self,
        documents: Iterable[Document],
        targets: Targets = None,
        *,
        precision: float | None = None,
        keep: Path | None = None,
    ) -> list[TaggedDocument]:
        """Return the documents tagged, in order.

        Args:
            documents: What to tag.
            targets: As for `tag_text`.
            precision: What share of the given tags is to be right, with 90% confidence; tags that cannot keep it are
                abstained from. None gives every tag that reaches its threshold.
            keep: A folder that keeps the scores of a large archive as they come, so that an interrupted call goes on
                where it stood; its caller removes it. None keeps nothing, and shows no progress.

        Raises:
            DataError: A target is empty or too long, or `targets` is a string.
            ModelError: The precision is higher than what the tagger was examined for.
        """
        read = list(documents)
        return self._tag(read, [contexts(document.sentences) for document in read], targets, precision, keep)

    def score(
        self,
        sentences: Sequence[str],
        targets: Sequence[Sequence[str]],
        contexts: Sequence[str] | None = None,
        *,
        progress: bool = False,
    ) -> Scores:
        """Return the calibrated scores of every sentence and of its stance toward each of its targets.

        Args:
            sentences: What to score.
            targets: Those of each sentence: ids, names or any phrases.
            contexts: As for `tag_sentences`.
            progress: Show a bar on standard error.
        """
        resolved = {target: self.schema.resolve(target) for asked in targets for target in asked}
        names = [[resolved[target] for target in asked] for asked in targets]
        return self.manifest.rule.calibrate(self._classifier.score(sentences, names, contexts, progress=progress))

    def with_thresholds(self, values: Mapping[str, float]) -> Tagger:
        """Return the tagger with other thresholds, by theme or `favor` and `against`; its id is then another.

        It promises no precision, since what it promised was of the tags that its own thresholds give.

        Raises:
            DataError: A label is unknown, or a value is not between 0 and 1.
        """
        rule = self.manifest.rule
        changed = rule.model_copy(update={"thresholds": rule.thresholds.changed(values), "promises": ()})
        return Tagger(self._classifier, self.schema, self.manifest.model_copy(update={"rule": changed}))

    @property
    def classifier(self) -> Classifier:
        """What gives the scores before calibration; its targets are names, not ids."""
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
        self,
        documents: list[Document],
        around: list[list[str]],
        targets: Targets,
        precision: float | None,
        keep: Path | None = None,
    ) -> list[TaggedDocument]:
        """Return the documents tagged, `around` being the context of each sentence of each document."""
        if isinstance(targets, str):
            raise DataError(f"expected a list of targets, got the string {targets!r}; write targets=[{targets!r}]")
        promise = None if precision is None else self.manifest.rule.promise(precision)
        if promise and promise.uncertified:
            _log.warning(
                "precision %g is not certifiable at the size of the corpus for %s: every such tag is abstained from",
                promise.precision,
                ", ".join(promise.uncertified),
            )
        wanted = [
            self.schema.default_targets(document.text) if targets is None else tuple(dict.fromkeys(targets))
            for document in documents
        ]
        texts = [sentence.text for document in documents for sentence in document.sentences]
        asked = [names for document, names in zip(documents, wanted, strict=True) for _ in document.sentences]
        before = list(chain.from_iterable(around))
        scores = score_in_parts(self, self.id, texts, asked, before, keep) if keep else self.score(texts, asked, before)
        decisions = decide(scores, self.manifest.rule.thresholds, promise)
        result = list(self._with_tags(documents, wanted, scores, decisions))
        _warn_of_truncation(result)
        return result

    def _with_tags(
        self, documents: list[Document], wanted: list[tuple[str, ...]], scores: Scores, decisions: Decisions
    ) -> Iterator[TaggedDocument]:
        """Yield the documents tagged by scores whose rows are their sentences, one document after the other."""
        row = pair = 0
        for document, targets in zip(documents, wanted, strict=True):
            tagged = []
            for sentence in document.sentences:
                stances = dict(zip(targets, _stances(scores, decisions, slice(pair, pair + len(targets))), strict=True))
                tagged.append(self._tagged(sentence, scores, decisions, row, stances))
                row, pair = row + 1, pair + len(targets)
            yield TaggedDocument(document, tuple(tagged), self.id)

    def _tagged(
        self, sentence: Sentence, scores: Scores, decisions: Decisions, row: int, stances: dict[str, StanceTag]
    ) -> TaggedSentence:
        names = self.schema.theme_names
        return TaggedSentence(
            text=sentence.text,
            start=sentence.start,
            end=sentence.end,
            kind=sentence.kind,
            themes=tuple(compress(names, decisions.themes[row])),
            scores=dict(zip(names, scores.themes[row].tolist(), strict=True)),
            stances=stances,
            truncated=bool(scores.truncated[row]),
            abstained=tuple(compress(names, decisions.withheld_themes[row])),
        )


def new_tagger(classifier: Classifier, schema: LabelSchema, rule: DecisionRule, provenance: Provenance) -> Tagger:
    """Return a tagger that is not yet on disk."""
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        family=classifier.family,
        rule=rule,
        provenance=provenance,
        files={},
    )
    return Tagger(classifier, schema, manifest)


def _whole(text: str) -> Sentence:
    return Sentence(text, 0, len(text))


def _stances(scores: Scores, decisions: Decisions, pairs: slice) -> Iterator[StanceTag]:
    values, places, withheld = scores.stances[pairs], decisions.stances[pairs], decisions.withheld_stances[pairs]
    for value, place, doubtful in zip(values.tolist(), places.tolist(), withheld.tolist(), strict=True):
        yield StanceTag(ABSTAINED if doubtful else STANCES[place], dict(zip(STANCES, value, strict=True)))


def _warn_of_truncation(documents: list[TaggedDocument]) -> None:
    count = sum(sentence.truncated for document in documents for sentence in document.sentences)
    if count:
        _log.warning("%d sentences, or their targets, are longer than the model reads; it read the beginning", count)
