"""The whole of training as one value: corpus in, tagger and evaluations out."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rareearth_nlp.config import Config, TfidfConfig
from rareearth_nlp.corpus.dataset import Labelled
from rareearth_nlp.evaluation.evaluate import Evaluation, measure, score_labelled
from rareearth_nlp.labels import LabelSchema
from rareearth_nlp.models.contract import Classifier, Scorer, Scores
from rareearth_nlp.models.decisions import DecisionRule, Thresholds
from rareearth_nlp.models.tfidf import fit_tfidf
from rareearth_nlp.tagging.manifest import Provenance
from rareearth_nlp.tagging.tagger import Tagger, new_tagger
from rareearth_nlp.training.abstain import promises
from rareearth_nlp.training.calibrate import choose_thresholds, fit_calibration, out_of_fold, squared_error
from rareearth_nlp.training.checkpoints import checkpoints, resumable
from rareearth_nlp.training.controls import evaluate_controls
from rareearth_nlp.training.ingredients import Ingredients

_log = logging.getLogger(__name__)

WHOLE = "whole"
"""The name of the training split among the parts that are trained on."""

AfterEpoch = Callable[[int, dict[str, float]], None]
"""Called with the number of the epoch and its metrics."""


@dataclass(frozen=True)
class Training:
    """What training gives: a tagger that is not yet on disk, and how it and the controls do on validation.

    Attributes:
        tagger: The tagger.
        validation: How it does.
        controls: How the controls do.
        out_of_fold: What the training split got from models that did not see its writers, where folds were asked for.
    """

    tagger: Tagger
    validation: Evaluation
    controls: Mapping[str, Evaluation]
    out_of_fold: Scores | None


def train(ingredients: Ingredients, after_epoch: AfterEpoch | None = None) -> Training:
    """Return a trained tagger with its evaluation on validation, beside the controls' on the same sentences.

    What an interrupted run has done is taken up; call it within `checkpoints.resumable`.

    Args:
        ingredients: From `gather`.
        after_epoch: Called after each epoch of an encoder.
    """
    config, schema = ingredients.config, ingredients.schema
    learn, check = ingredients.split("train"), ingredients.split("validation")
    plain = plain_rule(config, schema)
    unseen = _out_of_fold(ingredients, learn)
    fitted = fit_rule(learn, unseen, schema.theme_names) if unseen else plain
    reports = _Reports(after_epoch, check, schema, plain)
    classifier = _fit(ingredients, learn, WHOLE, reports)
    scores = score_labelled(classifier, check)
    reports.finish(scores)
    rule = _confirmed(fitted, plain, check, scores)
    validation = measure(rule.calibrate(scores), check, schema, rule)
    tagger = new_tagger(classifier, schema, rule, _provenance(ingredients, validation))
    return Training(tagger, validation, evaluate_controls(learn, check, schema, config.random_seed), unseen)


def fit_plainly(ingredients: Ingredients) -> Evaluation:
    """Return how a classifier does on validation with the configured thresholds; it is neither calibrated nor kept."""
    config, schema = ingredients.config, ingredients.schema
    with resumable(ingredients):
        classifier = _fit(ingredients, ingredients.split("train"), WHOLE, lambda *_: None)
        check = ingredients.split("validation")
        return measure(score_labelled(classifier, check, progress=True), check, schema, plain_rule(config, schema))


def plain_rule(config: Config, schema: LabelSchema) -> DecisionRule:
    """Return the thresholds that the configuration names, for scores as the model gives them."""
    themes = dict.fromkeys(schema.theme_names, config.threshold)
    side = config.stance_threshold
    return DecisionRule(thresholds=Thresholds(themes=themes, favor=side, against=side))


def fit_rule(data: Labelled, scores: Scores, names: Sequence[str]) -> DecisionRule:
    """Return calibration, thresholds and promises of precision.

    Args:
        data: Annotated sentences.
        scores: What models that did not see them say of them, as `out_of_fold` returns it.
        names: The themes.
    """
    calibration = fit_calibration(data, scores)
    calibrated = calibration.apply(scores)
    thresholds = choose_thresholds(data, calibrated, names)
    return DecisionRule(thresholds=thresholds, calibration=calibration, promises=promises(data, calibrated, thresholds))


def git_commit() -> str | None:
    """Return the commit of the checkout that this package runs from, with `+changes` if it was edited since."""
    folder = Path(__file__).parent

    def ask(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603, S607

    try:
        if Path(ask("rev-parse", "--show-toplevel")) != folder.parents[1]:
            return None  # installed somewhere inside another project
        return ask("rev-parse", "HEAD") + ("+changes" if ask("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _out_of_fold(ingredients: Ingredients, learn: Labelled) -> Scores | None:
    """Return the scores that calibration learns from; None where they are not asked for, or writers are too few."""
    config = ingredients.config
    if not config.calibration.folds:
        return None

    def fit(part: Labelled, name: str) -> Scorer:
        _log.info("%s: training on %d sentences, to score the others", name, len(part.texts))
        return _fit(ingredients, part, name, lambda *_: None)

    folds, folder = config.calibration.folds, checkpoints(ingredients) / "folds"
    unseen = out_of_fold(learn, folds, config.random_seed, fit, folder)
    if unseen is None:
        _log.warning("too few writers have annotated sentences for %d folds: scores stay uncalibrated", folds)
    return unseen


def _confirmed(fitted: DecisionRule, plain: DecisionRule, check: Labelled, scores: Scores) -> DecisionRule:
    """Return the fitted rule, unless validation shows that its probabilities are worse than the plain scores."""
    before, after = (squared_error(check, rule.calibrate(scores)) for rule in (plain, fitted))
    if fitted.calibration and after > before:
        _log.warning("calibration makes validation worse (squared error %.4f, was %.4f): left out", after, before)
        return plain
    return fitted


class _Reports:
    """Evaluates the classifier after each epoch; after the last one with the scores that training ends with."""

    def __init__(
        self, after_epoch: AfterEpoch | None, check: Labelled, schema: LabelSchema, rule: DecisionRule
    ) -> None:
        self._after_epoch = after_epoch
        self._check = check
        self._schema = schema
        self._rule = rule
        self._last: tuple[int, float] | None = None

    def __call__(self, epoch: int, classifier: Scorer, loss: float, last: bool) -> None:
        if last:
            self._last = epoch, loss
        elif self._after_epoch:
            self._report(epoch, loss, score_labelled(classifier, self._check))

    def finish(self, scores: Scores) -> None:
        if self._last:
            self._report(*self._last, scores)

    def _report(self, epoch: int, loss: float, scores: Scores) -> None:
        if self._after_epoch:
            found = measure(scores, self._check, self._schema, self._rule).scalars()
            self._after_epoch(
                epoch, {"train/loss": loss} | {f"validation/{name}": value for name, value in found.items()}
            )


def _fit(
    ingredients: Ingredients, learn: Labelled, part: str, report: Callable[[int, Scorer, float, bool], None]
) -> Classifier:
    """Return a classifier trained on `learn`, which is the training split or the part of it that is named."""
    config = ingredients.config
    if isinstance(config.model, TfidfConfig):
        return fit_tfidf(learn, config.model, config.random_seed)
    from rareearth_nlp.training.finetune import finetune

    if ingredients.weights is None:
        raise ValueError("an encoder needs weights: use gather()")
    return finetune(
        learn,
        len(ingredients.schema.themes),
        ingredients.weights,
        config.model,
        random_seed=config.random_seed,
        checkpoints=checkpoints(ingredients) / part.replace(" ", "-"),
        after_epoch=report,
        # teachers know the writers that a fold holds out
        taught=ingredients.taught if part == WHOLE else None,
    )


def _provenance(ingredients: Ingredients, validation: Evaluation) -> Provenance:
    return Provenance(
        created=datetime.now(UTC).isoformat(timespec="microseconds"),
        package_version=version("rareearth_nlp"),
        git_commit=git_commit(),
        corpus_digest=ingredients.corpus_digest,
        split_sizes=ingredients.split_sizes,
        weights=ingredients.weights.name if ingredients.weights else None,
        weights_license=ingredients.weights.license if ingredients.weights else None,
        config=ingredients.config.model_dump(mode="json"),
        validation=validation.scalars(),
    )
