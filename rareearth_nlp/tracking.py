"""MLflow: runs in, taggers out. The only room that imports it."""

from __future__ import annotations

import os
import platform
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock

from rareearth_nlp.config import TrackingConfig
from rareearth_nlp.errors import ModelError

if TYPE_CHECKING:
    from datasets import DatasetDict
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # where a server keeps the runs
import mlflow  # reads the switches above when it is imported
from mlflow.exceptions import MlflowException

TAGGER_FOLDER = "tagger"
_REFUSED = re.compile(r"[^\w\-. :/]")
_VERSIONS = ("rareearth_nlp", "torch", "transformers", "datasets", "scikit-learn", "mlflow")


def store_uri(settings: TrackingConfig) -> str:
    """Return the store's URI: `MLFLOW_TRACKING_URI`, else SQLite at the configured place, made absolute."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{_database(settings).as_posix()}"


def ui_command(settings: TrackingConfig) -> str:
    """Return the shell command that shows the store in a browser, whether or not the environment is activated."""
    beside = Path(sys.executable).with_name("mlflow")
    return f"{beside if beside.is_file() else 'mlflow'} ui --backend-store-uri '{store_uri(settings)}'"


class Run:
    """An MLflow run that is under way.

    Attributes:
        id: Its MLflow id; `runs:/ID/tagger` is the tagger's URI.
    """

    def __init__(self, run_id: str) -> None:
        self.id = run_id

    def log_config(self, config: Mapping[str, Any]) -> None:
        """Log the resolved configuration: whole as a file, and each value as a parameter."""
        mlflow.log_dict(dict(config), "config.yaml")
        mlflow.log_params(flat(config))

    def log_tags(self, tags: Mapping[str, str | None]) -> None:
        """Log facts about the run; None is left out."""
        mlflow.set_tags({name: value for name, value in tags.items() if value is not None})

    def log_datasets(self, datasets: DatasetDict, corpus_digest: str) -> None:
        """Log each split as an input of the run, under the corpus' digest."""
        for name, rows in datasets.items():
            if len(rows):
                with warnings.catch_warnings():
                    warnings.filterwarnings("ignore", message=".*integer column")  # a hint about a served model's input
                    mlflow.log_input(
                        mlflow.data.from_huggingface(rows, name=f"{corpus_digest[:12]}-{name}"), context=name
                    )
                mlflow.log_metric(f"{name}/sentences", len(rows))

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log numbers under their names; what MLflow does not take in a name becomes an underscore."""
        mlflow.log_metrics({_REFUSED.sub("_", name): value for name, value in metrics.items()}, step=step)

    def log_figure(self, figure: Figure, name: str) -> None:
        """Log a picture as a PNG."""
        mlflow.log_figure(figure, f"plots/{name}.png")

    def log_json(self, content: Mapping[str, Any], name: str) -> None:
        """Log a JSON file."""
        mlflow.log_dict(dict(content), name)

    def log_text(self, content: str, name: str) -> None:
        """Log a text file."""
        mlflow.log_text(content, name)

    def log_arrays(self, arrays: Mapping[str, NDArray[Any]], name: str) -> None:
        """Log arrays under their names as one NumPy file, `name` ending in .npz."""
        with TemporaryDirectory() as folder:
            file = Path(folder, name)
            np.savez_compressed(file, allow_pickle=False, **arrays)
            mlflow.log_artifact(str(file))

    def log_tagger(self, folder: Path) -> None:
        """Log the tagger directory."""
        mlflow.log_artifacts(str(folder), TAGGER_FOLDER)


@contextmanager
def start_run(settings: TrackingConfig, name: str, *, nested: bool = False) -> Iterator[Run]:
    """Begin a run in the configured experiment, or a child of the one under way; it fails if the block raises.

    Raises:
        ModelError: The store cannot be reached, or its experiment was deleted.
    """
    store = store_uri(settings)
    mlflow.set_tracking_uri(store)
    try:
        _ensure_experiment(settings)
    except (MlflowException, OSError) as problem:
        why = str(problem).strip().splitlines()[0]
        raise ModelError(
            f"the MLflow store {store} cannot be used ({why}); set MLFLOW_TRACKING_URI to another"
        ) from None
    with mlflow.start_run(run_name=name, nested=nested) as run:
        found = Run(run.info.run_id)
        found.log_tags({f"version.{package}": version(package) for package in _VERSIONS})
        found.log_tags({"version.python": platform.python_version(), "platform": platform.platform()})
        yield found


def count_runs(settings: TrackingConfig, tags: Mapping[str, str]) -> int:
    """Return how many runs of the configured store, of whatever experiment, carry these tags."""
    mlflow.set_tracking_uri(store_uri(settings))
    wanted = " and ".join(f"tags.{name} = '{value}'" for name, value in tags.items())
    return len(mlflow.search_runs(search_all_experiments=True, filter_string=wanted, output_format="list"))


def download(uri: str, folder: Path) -> Path:
    """Return the tagger directory behind a `runs:/` or `models:/` URI, copied below `folder`.

    Raises:
        ModelError: There is no such run, model or artifact in the store.
    """
    store = store_uri(TrackingConfig())
    if store.startswith("sqlite:///") and not Path(store.removeprefix("sqlite:///")).is_file():
        raise ModelError(f"{uri}: there is no MLflow store at {store}; set MLFLOW_TRACKING_URI to the one that has it")
    mlflow.set_tracking_uri(store)
    try:
        return Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(folder)))
    except (MlflowException, OSError) as problem:
        why = str(problem).strip().splitlines()[0]
        raise ModelError(
            f"{uri}: not in the MLflow store ({why}); set MLFLOW_TRACKING_URI to the store that has it"
        ) from None


def _database(settings: TrackingConfig) -> Path:
    return settings.directory.expanduser().resolve() / "mlflow.db"


def _ensure_experiment(settings: TrackingConfig) -> None:
    """Make the store and the experiment once, whoever comes first; a SQLite store keeps its artifacts beside it."""
    uri = store_uri(settings)
    if not uri.startswith("sqlite:///"):
        mlflow.set_experiment(settings.experiment)
        return
    folder = Path(uri.removeprefix("sqlite:///")).resolve().parent
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if mlflow.get_experiment_by_name(settings.experiment) is None:
            mlflow.create_experiment(settings.experiment, artifact_location=(folder / "artifacts").as_uri())
        mlflow.set_experiment(settings.experiment)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested values by dotted key."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return found
