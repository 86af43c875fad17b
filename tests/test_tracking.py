"""MLflow: what a run carries, and taggers loaded from it."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rareearth_nlp.cli import main
from rareearth_nlp.config import TrackingConfig
from rareearth_nlp.errors import ModelError
from rareearth_nlp.resources import shipped
from rareearth_nlp.tagging.tagger import Tagger
from rareearth_nlp.training.train import git_commit

STARTER = str(shipped("seeds", "starter", "config.yaml"))


def _train(*overrides: str) -> int:
    return main(["train", STARTER, "model.family=tfidf", *overrides])


def test_a_run_carries_everything_and_is_loadable(tmp_path: Path) -> None:
    import mlflow

    assert _train() == 0
    from rareearth_nlp.tracking import store_uri

    mlflow.set_tracking_uri(store_uri(TrackingConfig()))
    (run,) = mlflow.search_runs(experiment_names=["rareearth-nlp"], output_format="list")
    assert run.data.params["model.family"] == "tfidf"
    assert {"corpus_digest", "tagger", "version.torch", "version.python"} <= run.data.tags.keys()
    assert run.data.tags.get("git_commit") == git_commit()  # none in an unpacked archive
    assert {"validation/themes/water/f1", "validation/stance/macro_f1", "train/sentences"} <= run.data.metrics.keys()
    inputs = {item.tags[0].value: item.dataset.name for item in run.inputs.dataset_inputs}
    assert inputs.keys() == {"train", "validation"}
    assert inputs["train"].startswith(run.data.tags["corpus_digest"][:12])
    artifacts = {item.path for item in mlflow.MlflowClient().list_artifacts(run.info.run_id)}
    assert artifacts == {"config.yaml", "plots", "tagger", "validation.html", "validation.json"}
    assert Path(run.info.artifact_uri.removeprefix("file://")).is_relative_to(tmp_path / "tracking" / "artifacts")

    (folder,) = Path("taggers").glob("[!.]*")
    from_run = Tagger.load(f"runs:/{run.info.run_id}/tagger")
    client = mlflow.MlflowClient()
    client.create_registered_model("rareearth-tagger")
    version = client.create_model_version("rareearth-tagger", f"{run.info.artifact_uri}/tagger", run.info.run_id)
    client.set_registered_model_alias("rareearth-tagger", "champion", version.version)
    from_registry = Tagger.load("models:/rareearth-tagger@champion")
    assert Tagger.load(folder).id == from_run.id == from_registry.id


def test_a_run_keeps_the_scores_that_calibration_came_from(tmp_path: Path) -> None:
    import mlflow

    from rareearth_nlp.tracking import store_uri

    assert _train("calibration.folds=2") == 0
    mlflow.set_tracking_uri(store_uri(TrackingConfig()))
    (run,) = mlflow.search_runs(experiment_names=["rareearth-nlp"], output_format="list")
    kept = np.load(mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/out_of_fold.npz"))
    assert len(kept["themes"]) == run.data.metrics["train/sentences"]
    assert kept["stances"].sum(axis=1) == pytest.approx(1.0)
    assert 0 < kept["themes"].min() < kept["themes"].max() < 1


def test_the_store_of_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/elsewhere/runs.db")
    assert _train() == 0
    assert (tmp_path / "elsewhere" / "runs.db").is_file()
    assert (tmp_path / "elsewhere" / "artifacts").is_dir()
    assert not (tmp_path / "tracking").exists()


@pytest.mark.parametrize("uri", ["runs:/0123456789abcdef0123456789abcdef/tagger", "models:/nobody/1"])
def test_what_is_not_in_the_store(uri: str) -> None:
    _open_store("tracking")
    with pytest.raises(ModelError, match="not in the MLflow store"):
        Tagger.load(uri)


def test_without_a_store_nothing_is_found_and_none_is_made() -> None:
    with pytest.raises(ModelError, match="there is no MLflow store at sqlite"):
        Tagger.load("models:/nobody/1")
    assert not list(Path().iterdir())


def _open_store(folder: str) -> str:
    from rareearth_nlp.tracking import start_run

    with start_run(TrackingConfig(directory=Path(folder)), "together") as run:
        return run.id


def test_two_processes_may_make_the_store_at_once(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2) as pool:
        runs = set(pool.map(_open_store, [str(tmp_path / "store")] * 2))
    assert len(runs) == 2
