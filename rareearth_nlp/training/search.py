"""The best settings by trial: each is trained, and judged by writers of validation that training does not have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from rareearth_nlp.config import CalibrationConfig, Choices, Config, override
from rareearth_nlp.errors import ConfigError
from rareearth_nlp.evaluation.evaluate import Evaluation, Part
from rareearth_nlp.labels import STANCES
from rareearth_nlp.training.checkpoints import alone
from rareearth_nlp.training.ingredients import Ingredients, gather
from rareearth_nlp.training.train import fit_plainly

if TYPE_CHECKING:
    import optuna

OnTrial = Callable[[int, Config], AbstractContextManager[Callable[[float, Evaluation], None]]]
"""Called with a trial's number and configuration; the context takes its objective and its evaluation."""


def search(config: Config, trials: int, on_trial: OnTrial) -> Config:
    """Return the configuration with the best settings of its search space.

    Trials are kept beside the taggers: a search that was interrupted, or is asked for more trials, goes on. They are
    drawn by the tree-structured Parzen estimator of Bergstra et al., "Algorithms for Hyper-Parameter Optimization"
    (2011), and trained without calibration.

    Args:
        config: With a search space.
        trials: How many there are to be, those of earlier searches of the same space included.
        on_trial: Puts a trial on record.

    Raises:
        ConfigError: The search space is empty or holds what cannot be set, another search is under way in the same
            folder, or Optuna is not installed.
    """
    if not config.search:
        raise ConfigError("nothing to search: write a search space, such as search='{model.epochs: [2, 4]}'")
    plain = config.model_copy(update={"calibration": CalibrationConfig()})
    for key, choices in config.search.items():
        if not key.startswith("model."):
            raise ConfigError(f"search.{key}: only settings of the model are searched, such as model.epochs")
        for value in choices.ends:  # a wrong one is told before hours are spent
            override(plain, {key: value})
    ingredients = gather(plain)
    with alone(config.taggers, "a search"):
        study = _study(ingredients)
        done = len(study.get_trials(states=(_state().COMPLETE,)))
        study.optimize(lambda trial: _try(ingredients, trial, on_trial), n_trials=max(trials - done, 0))
        return override(config, study.best_params)


def objective(evaluation: Evaluation) -> float:
    """Return the mean average precision of themes and of stance, averaged, on unfamiliar writers.

    Of a validation split without such writers, on all of it. Average precision depends on no threshold.
    """
    part = evaluation.parts.get("unfamiliar writers", Part(None, None))
    tasks = [task for task in (part.themes, part.stance) if task] or [evaluation.themes, evaluation.stance]
    means = []
    for task in tasks:
        labels = [label for name, label in task.labels.items() if name != STANCES[-1]]
        means.append(sum(label.average_precision or 0.0 for label in labels) / len(labels))
    return sum(means) / len(means)


def _try(ingredients: Ingredients, trial: optuna.Trial, on_trial: OnTrial) -> float:
    config = ingredients.config
    tried = override(config, {key: _suggest(trial, key, choices) for key, choices in config.search.items()})
    try:
        with on_trial(trial.number, tried) as record:
            evaluation = fit_plainly(ingredients.tried(tried))
            value = objective(evaluation)
            record(value, evaluation)
    except KeyboardInterrupt:  # which Optuna takes for a failure
        trial.study.enqueue_trial(trial.params)
        raise
    return value


def _suggest(trial: optuna.Trial, key: str, choices: Choices) -> Any:
    if choices.among:
        return trial.suggest_categorical(key, choices.among)
    low, high = choices.ends
    if isinstance(low, int) and isinstance(high, int):
        return trial.suggest_int(key, low, high, log=choices.log)
    return trial.suggest_float(key, low, high, log=choices.log)


def _study(ingredients: Ingredients) -> optuna.Study:
    """Return the study of this search space on this corpus; the trials of a search that was killed are queued again."""
    config, library = ingredients.config, _optuna()
    library.logging.set_verbosity(library.logging.WARNING)
    settings = config.model_dump_json(include={"model", "search", "random_seed"})
    taught = ingredients.taught.digest if ingredients.taught else ""
    parts = (settings, ingredients.schema.model_dump_json(), ingredients.corpus_digest, ingredients.split_sizes, taught)
    study: optuna.Study = library.create_study(
        study_name=hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16],
        storage=f"sqlite:///{(config.taggers.resolve() / 'search.db').as_posix()}",
        direction="maximize",
        load_if_exists=True,
    )
    for trial in study.get_trials(states=(_state().RUNNING,)):
        study.enqueue_trial(trial.params)
        study.tell(trial.number, state=_state().FAIL)
    # a sampler of the same seed would draw the same again
    study.sampler = library.samplers.TPESampler(seed=config.random_seed + len(study.trials))
    return study


def _state() -> Any:
    return _optuna().trial.TrialState


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise ConfigError("--search needs Optuna; run: pip install 'rareearth_nlp[search]'") from None
    return optuna
