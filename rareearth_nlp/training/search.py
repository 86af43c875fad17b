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
from rareearth_nlp.training.train import Ingredients, fit_plainly, gather

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
        ConfigError: The search space is empty or names a key that is none, or Optuna is not installed.
    """
    if not config.search:
        raise ConfigError("nothing to search: write a search space, such as search='{model.epochs: [2, 4]}'")
    plain = config.model_copy(update={"calibration": CalibrationConfig()})
    ingredients = gather(override(plain, {key: choices.first for key, choices in config.search.items()}))
    study, done = _study(config, ingredients)
    study.optimize(lambda trial: _try(plain, trial, on_trial), n_trials=max(trials - done, 0))
    return override(config, study.best_params)


def objective(evaluation: Evaluation) -> float:
    """Return the mean average precision of themes and of stance, averaged, on unfamiliar writers.

    Of a validation split without such writers, on all of it. Average precision depends on no threshold.
    """
    part = evaluation.parts.get("unfamiliar writers", Part(evaluation.themes, evaluation.stance))
    means = []
    for task in filter(None, (part.themes, part.stance)):
        labels = [label for name, label in task.labels.items() if name != STANCES[-1]]
        means.append(sum(label.average_precision or 0.0 for label in labels) / len(labels))
    return sum(means) / len(means)


def _try(config: Config, trial: optuna.Trial, on_trial: OnTrial) -> float:
    tried = override(config, {key: _suggest(trial, key, choices) for key, choices in config.search.items()})
    with on_trial(trial.number, tried) as record:
        evaluation = fit_plainly(gather(tried))
        value = objective(evaluation)
        record(value, evaluation)
    return value


def _suggest(trial: optuna.Trial, key: str, choices: Choices) -> Any:
    if choices.among:
        return trial.suggest_categorical(key, choices.among)
    if isinstance(choices.low, int) and isinstance(choices.high, int):
        return trial.suggest_int(key, choices.low, choices.high, log=choices.log)
    return trial.suggest_float(key, choices.low, choices.high, log=choices.log)


def _study(config: Config, ingredients: Ingredients) -> tuple[optuna.Study, int]:
    """Return the study of this search space and the number of its finished trials; broken ones are queued again."""
    try:
        import optuna
    except ImportError:
        raise ConfigError("--search needs Optuna; run: pip install 'rareearth_nlp[search]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder = config.taggers.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    parts = config.model_dump_json(include={"model", "search", "random_seed"}), ingredients.corpus_digest
    name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
    storage = f"sqlite:///{(folder / 'search.db').as_posix()}"
    study = optuna.create_study(study_name=name, storage=storage, direction="maximize", load_if_exists=True)
    state = optuna.trial.TrialState
    for trial in study.get_trials(states=(state.RUNNING,)):
        study.enqueue_trial(trial.params)
        study.tell(trial.number, state=state.FAIL)
    done = len(study.get_trials(states=(state.COMPLETE,)))
    study.sampler = optuna.samplers.TPESampler(seed=config.random_seed + done)  # else it would draw the same again
    return study, done
