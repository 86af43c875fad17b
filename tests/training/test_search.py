"""`train --search`: trials are kept, judged on record, and the best of them trained."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from rareearth_nlp.cli import main
from rareearth_nlp.commands.training import read_config
from rareearth_nlp.config import Config, TrackingConfig
from rareearth_nlp.errors import ConfigError
from rareearth_nlp.evaluation.evaluate import Evaluation
from rareearth_nlp.resources import shipped
from rareearth_nlp.training.search import objective, search

STARTER = str(shipped("seeds", "starter", "config.yaml"))
SPACE = "search={model.regularization: {low: 0.001, high: 100.0, log: true}, model.min_documents: [1, 2]}"
TFIDF = (STARTER, "model.family=tfidf")


class _Record:
    def __init__(self) -> None:
        self.values: list[float] = []
        self.tried: list[Config] = []

    @contextmanager
    def __call__(self, number: int, tried: Config) -> Iterator[Callable[[float, Evaluation], None]]:
        assert number == len(self.tried)
        self.tried.append(tried)

        def record(value: float, evaluation: Evaluation) -> None:
            assert value == objective(evaluation)
            self.values.append(value)

        yield record


def test_the_best_trial_wins_and_a_search_goes_on() -> None:
    config, record = read_config([*TFIDF, SPACE]), _Record()
    search(config, 3, record)
    best = search(config, 5, record)
    assert len(record.values) == 5
    assert len({tried.model.model_dump_json() for tried in record.tried}) > 3  # the second search draws anew
    assert best.model == record.tried[record.values.index(max(record.values))].model
    assert search(config, 5, record).model == best.model
    assert len(record.values) == 5


def test_an_interrupted_trial_is_tried_again() -> None:
    config, record = read_config([*TFIDF, SPACE]), _Record()

    class StoppedError(BaseException):
        pass

    @contextmanager
    def stop(number: int, tried: Config) -> Iterator[Callable[[float, Evaluation], None]]:
        record.tried.append(tried)
        raise StoppedError
        yield lambda *_: None

    with pytest.raises(StoppedError):
        search(config, 1, stop)
    search(config, 1, record)
    assert record.tried[0].model == record.tried[1].model


def test_each_trial_is_a_child_run() -> None:
    import mlflow

    assert main(["train", *TFIDF, SPACE, "--search", "2"]) == 0
    from rareearth_nlp.tracking import store_uri

    mlflow.set_tracking_uri(store_uri(TrackingConfig()))
    runs = mlflow.search_runs(experiment_names=["rareearth-nlp"], output_format="list")
    parent, *_ = [run for run in runs if run.info.run_name == "search tfidf"]
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert sorted(run.info.run_name for run in children) == ["trial 0", "trial 1"]
    assert all({"objective", "validation/themes/macro_f1"} <= run.data.metrics.keys() for run in children)
    best = max(children, key=lambda run: run.data.metrics["objective"])
    (trained,) = [run for run in runs if run.info.run_name == "train tfidf"]
    for key in ("model.regularization", "model.min_documents"):
        assert trained.data.params[key] == best.data.params[key]


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ("search={}", "nothing to search"),
        ("search={model.regularisation: [1, 2]}", "regularisation"),
        ("search={model.min_documents: {low: 3, high: 1}}", "expected a list of values, or low and high"),
    ],
)
def test_a_space_that_is_none(space: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        search(read_config([*TFIDF, space]), 1, _Record())


def test_without_optuna_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match=r"pip install 'rareearth_nlp\[search\]'"):
        search(read_config([*TFIDF, SPACE]), 1, _Record())
