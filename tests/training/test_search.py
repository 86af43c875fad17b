"""`train --search`: trials are kept, judged on record, and the best of them trained."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from rareearth_nlp.cli import main
from rareearth_nlp.commands.options import read_config
from rareearth_nlp.config import Config, TrackingConfig
from rareearth_nlp.errors import ConfigError
from rareearth_nlp.evaluation.evaluate import Evaluation, Part
from rareearth_nlp.resources import shipped
from rareearth_nlp.training.checkpoints import alone
from rareearth_nlp.training.ingredients import gather
from rareearth_nlp.training.search import objective, search
from rareearth_nlp.training.train import train

STARTER = str(shipped("seeds", "starter", "config.yaml"))
SPACE = "search={model.regularization: {low: 0.001, high: 100.0, log: true}, model.min_documents: [1, 2]}"
TFIDF = (STARTER, "model.family=tfidf")


class _Record:
    def __init__(self) -> None:
        self.values: list[float] = []
        self.tried: list[Config] = []

    @contextmanager
    def __call__(self, number: int, tried: Config) -> Iterator[Callable[[float, Evaluation], None]]:
        assert number >= len(self.tried)
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


class _KilledError(BaseException):
    """As if the process had died: Optuna does not see it."""


@pytest.mark.parametrize("death", [_KilledError, KeyboardInterrupt])
def test_an_interrupted_trial_is_tried_again(death: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    config, record = read_config([*TFIDF, SPACE]), _Record()

    def die(*_: object) -> None:
        raise death

    with monkeypatch.context() as patch:
        patch.setattr("rareearth_nlp.training.search.fit_plainly", die)
        with pytest.raises(death):
            search(config, 1, record)
    search(config, 4, record)
    models = [tried.model.model_dump_json() for tried in record.tried]
    assert models[0] == models[1]
    assert len(set(models)) == 4


def test_two_searches_in_one_folder_are_one_too_many() -> None:
    config = read_config([*TFIDF, SPACE])
    config.taggers.mkdir()
    with alone(config.taggers, "it"), pytest.raises(ConfigError, match="a search is under way in another process"):
        search(config, 1, _Record())


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
        ("search={threshold: [0.2, 0.4]}", "only settings of the model are searched"),
        ("search={model.min_documents: {low: 3, high: 1}}", "expected a list of values, or low and a higher high"),
        ("search={model.min_documents: {low: 0, high: 3, log: true}}", "expected a low above 0"),
        ("search={model.min_documents: [2, none]}", "model.min_documents=none"),
    ],
)
def test_a_space_that_is_none(space: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        search(read_config([*TFIDF, space]), 1, _Record())


def test_without_optuna_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match=r"pip install 'rareearth_nlp\[search\]'"):
        search(read_config([*TFIDF, SPACE]), 1, _Record())


def test_unfamiliar_writers_without_annotations_are_no_objective() -> None:
    record = _Record()
    search(read_config([*TFIDF, SPACE]), 1, record)
    (value,) = record.values
    evaluation = train(gather(record.tried[0])).validation
    assert objective(replace(evaluation, parts={"unfamiliar writers": Part(None, None)})) == pytest.approx(value)
