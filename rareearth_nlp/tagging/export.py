"""A tagger in a faster form, which is the same tagger as far as thousands of sentences can tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from rareearth_nlp.corpus.unlabelled import Unlabelled
from rareearth_nlp.errors import ModelError
from rareearth_nlp.evaluation.parity import Parity, compare
from rareearth_nlp.models.encoder import EncoderClassifier
from rareearth_nlp.models.engines import Batch, OpenVinoEngine, Precision, TorchEngine
from rareearth_nlp.models.tokens import pad
from rareearth_nlp.tagging.tagger import Tagger

SENTENCES = 2500
"""To compare on."""

CALIBRATION = 320
"""Others, which int8 takes its ranges from."""

BATCH = 16
MAX_DECISIONS = 0.005
"""Share of the decisions that another precision may change."""


@contextmanager
def exported(tagger: Tagger, sentences: Unlabelled, precision: Precision, *, onnx: bool) -> Iterator[Tagger]:
    """Hand out the tagger with a compiled form, to be saved inside the block.

    Args:
        tagger: As trained, computed by torch.
        sentences: To compare on; a draw of them.
        precision: Of the computation. Other than fp32 leaves out the weights, since torch would give other scores.
        onnx: Write an ONNX file as well.

    Raises:
        ModelError: The tagger is no encoder or not as trained, what is needed is not installed, or more than
            `MAX_DECISIONS` of the decisions change.
    """
    from rareearth_nlp.models.export import write_onnx, write_openvino

    trained = tagger.classifier
    if not isinstance(trained, EncoderClassifier) or not isinstance(trained.engine, TorchEngine):
        raise ModelError(f"tagger {tagger.id}: only an encoder as it was trained can be exported; name one")
    model = trained.engine.model
    calibration, comparison = _drawn(sentences)
    batches = list(_batches(trained, calibration))
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_openvino(model, batches, folder, precision)
        if precision == "fp32":
            model.save(folder)
        if onnx:
            write_onnx(model, batches[0], folder)
        engine = OpenVinoEngine(folder, trained.engine.themes, precision)
        fast = EncoderClassifier(engine, trained.tokens, replace(trained.reading, precision=precision))
        parity = _parity(tagger, fast, comparison)
        if parity.decisions > MAX_DECISIONS:
            raise ModelError(
                f"{precision} changes {parity.decisions:.2%} of the decisions on {parity.sentences} sentences, more "
                f"than {MAX_DECISIONS:.1%}; export in a higher precision"
            )
        yield Tagger(fast, tagger.schema, tagger.manifest.model_copy(update={"parity": parity}))


def _drawn(sentences: Unlabelled) -> tuple[Unlabelled, Unlabelled]:
    order = np.random.default_rng(0).permutation(len(sentences.texts)).tolist()
    size = min(CALIBRATION, len(order) // 2)
    first, second = order[:size], order[size : size + SENTENCES]
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


def _parity(tagger: Tagger, fast: EncoderClassifier, sentences: Unlabelled) -> Parity:
    rule = tagger.manifest.rule
    questions = (sentences.texts, sentences.asked, sentences.contexts)
    first, second = (
        rule.calibrate(classifier.score(*questions, progress=True)) for classifier in (tagger.classifier, fast)
    )
    return compare(first, second, sentences.asked, rule.thresholds)
