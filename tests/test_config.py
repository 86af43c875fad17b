from __future__ import annotations

from pathlib import Path

import pytest

from rareearth_nlp.config import (
    NO_SETTINGS,
    CalibrationConfig,
    Config,
    CorpusConfig,
    EncoderConfig,
    TfidfConfig,
    load_config,
    override,
)
from rareearth_nlp.errors import ConfigError
from rareearth_nlp.resources import shipped

FOLDS = CalibrationConfig(folds=2)
LOW = {"threshold": 0.25, "stance_threshold": 0.15}
CONFIGS = [file for file in sorted(shipped("configs").glob("*.yaml")) if file.stem not in NO_SETTINGS]


def _write(folder: Path, content: str) -> Path:
    file = folder / "mine.yaml"
    file.write_text(content, encoding="utf-8")
    return file


def _unsearched(config: Config) -> Config:
    return config.model_copy(update={"search": {}})


def test_every_shipped_search_space_is_of_its_model() -> None:
    for file in CONFIGS:
        config = load_config(file)
        assert config.search
        assert override(config, {key: choices.ends[-1] for key, choices in config.search.items()}) != config


def test_the_default_is_the_encoder_with_its_own_threshold() -> None:
    assert _unsearched(load_config()) == Config(model=EncoderConfig(family="encoder"), calibration=FOLDS, **LOW)
    assert load_config() == load_config("encoder") == load_config(shipped("configs", "encoder.yaml"))


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: str(file.stem))
def test_every_shipped_setting_loads_by_path_and_by_name(file: Path) -> None:
    assert load_config(file) == load_config(file.stem)


def test_the_shipped_settings_are_of_both_families() -> None:
    assert {load_config(file).model.family for file in CONFIGS} == {"encoder", "tfidf"}


def test_the_starter_setting_names_the_files_beside_it() -> None:
    folder = shipped("seeds", "starter")
    config = load_config(folder / "config.yaml")
    assert (config.corpus_path, config.labels_path) == (folder / "corpus.jsonl", folder / "labels.yaml")


def test_without_paths_corpus_and_labels_are_the_shipped_ones() -> None:
    config = load_config()
    assert (config.corpus_path, config.labels_path) == (shipped("seeds", "corpus"), shipped("configs", "labels.yaml"))


def test_overrides_win_and_are_read_as_yaml() -> None:
    settings = ["model.epochs=3", "model.learning_rate=1e-3", "model.weights=a/b", "corpus.near_duplicates=warn"]
    config = load_config(None, [*settings, "threshold=0.25", "model.epochs=4"])
    expected = EncoderConfig(family="encoder", epochs=4, learning_rate=0.001, weights="a/b")
    corpus = CorpusConfig(near_duplicates="warn")
    assert _unsearched(config) == Config(model=expected, corpus=corpus, calibration=FOLDS, **LOW)


def test_an_override_may_change_the_family() -> None:
    config = load_config(None, ["model.family=tfidf", "model.regularization=2"])
    assert config.model == TfidfConfig(family="tfidf", regularization=2.0)


def test_an_override_takes_a_value_with_an_equals_sign() -> None:
    assert load_config(None, ["tracking.experiment=a=b"]).tracking.experiment == "a=b"


def test_corpus_paths_of_a_file_are_relative_to_it_and_of_an_override_to_the_caller(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    file = _write(folder, "model: {family: tfidf}\ncorpus: {path: data/a.csv, labels: labels.yaml}\n")
    assert load_config(file).corpus.path == folder / "data" / "a.csv"
    assert load_config(file).corpus.labels == folder / "labels.yaml"
    assert load_config(file, ["corpus.path=b.csv"]).corpus.path == Path("b.csv").resolve()
    (folder / "base").mkdir()
    taught = "model: {family: encoder, weights: base}\ndistillation: {teachers: [one, two], documents: d.csv}\n"
    config = load_config(_write(folder, taught))
    assert config.distillation.teachers == (folder / "one", folder / "two")
    assert config.distillation.documents == folder / "d.csv"
    assert config.model.weights == str(folder / "base")  # type: ignore[union-attr]
    absolute = _write(folder, f"model: {{family: tfidf}}\ncorpus: {{path: {tmp_path / 'c.csv'}}}\n")
    assert load_config(absolute).corpus.path == tmp_path / "c.csv"


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("model.epoch=3", "unknown key 'model.epoch'; did you mean 'epochs'?"),
        ("modle.epochs=3", "unknown key 'modle'; did you mean 'model'?"),
        ("treshold=0.3", "unknown key 'treshold'; did you mean 'threshold'?"),
        ("corpus.pth=x", "unknown key 'corpus.pth'; did you mean 'path'?"),
        ("tracking.directry=x", "unknown key 'tracking.directry'; did you mean 'directory'?"),
        (
            "zzz=1",
            "known are calibration, corpus, distillation, model, random_seed, search, stance_threshold, taggers",
        ),
    ],
)
def test_a_misspelt_key_names_the_nearest_right_one(override: str, told: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load_config(None, [override])
    assert told in str(refusal.value)
    assert override in str(refusal.value)


def test_a_misspelt_key_is_told_by_the_keys_of_its_own_family() -> None:
    with pytest.raises(ConfigError, match=r"did you mean 'regularization'\?"):
        load_config("tfidf", ["model.regularisation=1"])


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("model.epochs=0", "'model.epochs': input should be greater than or equal to 1, got 0"),
        ("model.epochs=many", "'model.epochs'"),
        ("model.epochs.first=1", "'model.epochs'"),
        ("model.family=tfidff", "'model.family': expected 'encoder', 'tfidf', got 'tfidff'"),
        ("model=3", "'model'"),
        ("threshold=1", "'threshold'"),
        ("corpus.validation=0", "'corpus.validation'"),
        ("corpus.near_duplicates=warm", "'corpus.near_duplicates': input should be 'refuse' or 'warn', got 'warm'"),
        ("random_seed=-1", "'random_seed'"),
        ("model.epochs", "expected key=value, got 'model.epochs'"),
        ("threshold=[1", "the value is not YAML"),
        ("tracking.experiment=2025-02-30", "tracking.experiment"),
    ],
)
def test_a_wrong_value_is_told_by_its_key(override: str, told: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load_config(None, [override])
    assert told in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "mine.yaml: the key 'model' is missing"),
        ("- model\n", "mine.yaml: expected keys with values, got a list"),
        ("model: {family: tfidf}\ncorpus: [\n", "mine.yaml:3: not valid YAML"),
        ("model: {family: tfidf}\nthreshold: high\n", "mine.yaml: 'threshold'"),
        ("model: {family: tfidf}\ncorpus: {path: 3}\n", "mine.yaml: 'corpus.path'"),
        ("model: {family: tfidf}\n3: 4\n", "mine.yaml: '3'"),
        ("model: {epochs: 3}\n", "mine.yaml: the key 'model.family' is missing"),
        ("model: {family: tfidf}\ntaggers: 2025-02-30\n", "mine.yaml"),
    ],
)
def test_a_wrong_file_is_told_by_its_name(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load_config(_write(tmp_path, content))
    assert told in str(refusal.value)


def test_a_file_that_is_not_utf_8_is_told_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes("model: {family: tfidf}  # é".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"mine\.yaml: expected a readable YAML file"):
        load_config(file)


def test_an_unknown_setting_is_told_with_the_shipped_names() -> None:
    with pytest.raises(ConfigError, match=r"to name a corpus, write corpus\.path=mine\.jsonl$"):
        load_config("mine.jsonl")
    with pytest.raises(ConfigError, match=r"no configuration 'encodr': expected a YAML file or one of encoder, tfidf$"):
        load_config("encodr")


def test_a_setting_does_not_change_once_loaded() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_config().threshold = 0.1  # type: ignore[misc]


def test_home_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    config = load_config("tfidf", ["taggers=~/models", "corpus.path=~/c.csv"])
    assert (config.taggers, config.corpus.path) == (tmp_path / "models", tmp_path / "c.csv")
    file = _write(tmp_path, "model: {family: tfidf}\ncorpus: {path: ~/c.csv}\n")
    assert load_config(file).corpus.path == tmp_path / "c.csv"
