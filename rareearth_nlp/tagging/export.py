"""A tagger in a faster form, which is the same tagger as far as thousands of sentences can tell."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from rareearth_nlp.corpus.unlabelled import Unlabelled
from rareearth_nlp.errors import ModelError
from rareearth_nlp.evaluation.parity import Parity, compare
from rareearth_nlp.models.contract import Scores
from rareearth_nlp.models.encoder import EncoderClassifier
from rareearth_nlp.models.engines import Batch, Engine, OnnxEngine, OpenVinoEngine, Precision, TorchEngine
from rareearth_nlp.models.tokens import pad
from rareearth_nlp.tagging.tagger import Tagger

_log = logging.getLogger(__name__)

SENTENCES = 2500
"""To compare on."""

CALIBRATION = 320
"""Others, which int8 takes its ranges from."""

BATCH = 16
ANY_TARGET = "rare earths"
MAX_DECISIONS = 0.005
"""Share of the decisions that another precision may change."""


@contextmanager
def exported(tagger: Tagger, sentences: Unlabelled, precision: Precision, *, onnx: bool) -> Iterator[Tagger]:
    """Hand out the tagger with a compiled form, to be saved inside the block.

    Args:
        tagger: As trained, computed by torch.
        sentences: To compare on; a draw of them.
        precision: Of the computation. Other than fp32 leaves out the weights, since torch would give other scores.
            Where int8 changes too much, its last layers stay in fp32, as few as will do.
        onnx: Write an ONNX file as well, which is in fp32.

    Raises:
        ModelError: The tagger is no encoder or not as trained, what is needed is not installed, or more than
            `MAX_DECISIONS` of the decisions change.
    """
    from rareearth_nlp.models.export import traced, write_onnx

    trained = tagger.classifier
    if not isinstance(trained, EncoderClassifier) or not isinstance(trained.engine, TorchEngine):
        raise ModelError(f"tagger {tagger.id}: only an encoder as it was trained can be exported; name one")
    if onnx and precision != "fp32":
        raise ModelError(
            f"an ONNX file is in fp32, the tagger would be in {precision}; export them one after the other"
        )
    if len(sentences.texts) < 2 * BATCH:
        raise ModelError(f"expected {2 * BATCH} sentences or more to compare on; name a larger corpus")
    calibration, comparison = map(_with_targets, _drawn(sentences))
    batches = list(_batches(trained, calibration))
    network = traced(trained.engine.model, batches[0])
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if precision == "fp32":
            trained.engine.save(folder)
        known = _Known(tagger, trained, precision, comparison)
        fast, parity = known.like_enough(_forms(network, batches, precision, folder, trained.engine.themes))
        if onnx:
            write_onnx(trained.engine.model, batches[0], folder)
            _, other = known.like_enough([(OnnxEngine(folder, trained.engine.themes), [])])
            parity = max(parity, other, key=lambda found: (found.decisions, found.largest))
        parity = parity.model_copy(update={"source": tagger.id})
        # what was promised of the trained tagger's tags was not compared
        rule = tagger.manifest.rule.model_copy(update={} if precision == "fp32" else {"promises": ()})
        yield Tagger(fast, tagger.schema, tagger.manifest.model_copy(update={"parity": parity, "rule": rule}))


def _forms(
    network: Any, batches: Sequence[Batch], precision: Precision, folder: Path, themes: int
) -> Iterator[tuple[Engine, list[int]]]:
    """Yield a compiled form and which of its layers are in fp32: of int8 first none, then ever more."""
    from rareearth_nlp.models.export import layers_of, quantized, write_openvino

    if precision != "int8":
        write_openvino(network, folder)
        yield OpenVinoEngine(folder, themes, precision), []
        return
    layers = layers_of(network)
    for count in range(max(len(layers), 1)):
        spared = layers[len(layers) - count :]
        place = folder / f"{count}-spared"  # the files of the form before are still open
        place.mkdir()
        write_openvino(quantized(network.clone(), batches, spared), place)
        yield OpenVinoEngine(place, themes, precision), spared


@dataclass(frozen=True)
class _Known:
    """The tagger as it was trained, beside which forms of it are scored."""

    tagger: Tagger
    trained: EncoderClassifier
    precision: Precision
    sentences: Unlabelled

    @cached_property
    def _expected(self) -> Scores:
        return self._score(self.trained)

    def like_enough(self, forms: Iterable[tuple[Engine, list[int]]]) -> tuple[EncoderClassifier, Parity]:
        """Return the first form that keeps the decisions, and how far it is."""
        best = 1.0
        for engine, spared in forms:
            reading = replace(self.trained.reading, precision=self.precision)
            fast = EncoderClassifier(engine, self.trained.tokens, reading)
            thresholds = self.tagger.manifest.rule.thresholds
            parity = compare(self._expected, self._score(fast), self.sentences.asked, thresholds)
            changed = parity.decisions * 100
            _log.info("%s, %d layers in fp32: %.2f%% of the decisions change", self.precision, len(spared), changed)
            if parity.decisions <= MAX_DECISIONS:
                return fast, parity.model_copy(update={"fp32_layers": tuple(spared)})
            best = min(best, parity.decisions)
        raise ModelError(
            f"{self.precision} changes {best:.2%} of the decisions on {len(self.sentences.texts)} sentences, more than "
            f"{MAX_DECISIONS:.1%}; export in a higher precision"
        )

    def _score(self, classifier: EncoderClassifier) -> Scores:
        asked = self.sentences
        found = classifier.score(asked.texts, asked.asked, asked.contexts, progress=True)
        return self.tagger.manifest.rule.calibrate(found)


def _with_targets(sentences: Unlabelled) -> Unlabelled:
    """Return the sentences; where a target is asked of none of them, with one, since any phrase may be asked."""
    return sentences if any(sentences.asked) else replace(sentences, asked=[[ANY_TARGET]] * len(sentences.texts))


def _drawn(sentences: Unlabelled) -> tuple[Unlabelled, Unlabelled]:
    order = np.random.default_rng(0).permutation(len(sentences.texts)).tolist()
    size = min(CALIBRATION, len(order) // 2)
    first, second = order[:size], order[size : size + SENTENCES]
    first.sort(key=lambda place: not sentences.asked[place])  # what the network is traced with has targets
    return _chosen(sentences, first), _chosen(sentences, second)


def _chosen(sentences: Unlabelled, places: list[int]) -> Unlabelled:
    return Unlabelled(
        texts=[sentences.texts[place] for place in places],
        contexts=[sentences.contexts[place] for place in places],
        asked=[sentences.asked[place] for place in places],
    )


def _batches(classifier: EncoderClassifier, sentences: Unlabelled) -> Iterator[Batch]:
    """Yield the sentences as the network gets them, half of them with what stands before."""
    around = [context if place % 2 else "" for place, context in enumerate(sentences.contexts)]
    rows = classifier.rows(sentences.texts, sentences.asked, around)
    for start in range(0, len(rows), BATCH):
        yield pad(rows[start : start + BATCH])
