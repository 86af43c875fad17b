from __future__ import annotations

from pathlib import Path

import pytest

from rareearth_nlp.errors import ConfigError, DataError
from rareearth_nlp.labels import MAX_TARGET_CHARACTERS, LabelSchema, load_labels
from rareearth_nlp.resources import shipped

THEMES = "themes: [{name: water, definition: of water}]\n"


@pytest.fixture(scope="module")
def shipped_labels() -> LabelSchema:
    return load_labels(shipped("configs", "labels.yaml"))


def _load(folder: Path, content: str) -> LabelSchema:
    file = folder / "labels.yaml"
    file.write_text(content, encoding="utf-8")
    return load_labels(file)


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("baogang", "Baogang Group"),
        ("Baogang Group", "Baogang Group"),
        ("BAOGANG", "Baogang Group"),
        ("Baotou  Steel", "Baogang Group"),
        (" Lynas\n", "Lynas Rare Earths"),
        ("crma", "EU Critical Raw Materials Act"),
        ("irel", "IREL (India)"),
        ("the port  of Antofagasta", "the port of Antofagasta"),
        ("X" * MAX_TARGET_CHARACTERS, "X" * MAX_TARGET_CHARACTERS),
    ],
)
def test_a_target_is_asked_by_id_name_alias_or_any_phrase(shipped_labels: LabelSchema, asked: str, read: str) -> None:
    assert shipped_labels.resolve(asked) == read


@pytest.mark.parametrize("asked", ["", " \n", "X" * (MAX_TARGET_CHARACTERS + 1)])
def test_a_target_of_no_or_too_many_characters_is_refused(shipped_labels: LabelSchema, asked: str) -> None:
    with pytest.raises(DataError, match=f"got {len(asked.strip())};"):
        shipped_labels.resolve(asked)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Prices rose.", []),
        ("Baogang’s profit and BAOGANG’s debt rose.", ["baogang"]),
        ("It lies at Mountain\nPass, which Lynas does not own.", ["lynas", "mp-materials"]),
        ("Baogangs of this world", []),
        ("Northern Rare Earth (Group) sold it.", ["northern-rare-earth"]),
        ("IREL (India) grew.", ["irel"]),
        ("The staff of IREL, and of LKAB", ["irel", "lkab"]),
        ("the lkab of old", []),
        ("an irel or two", []),
    ],
)
def test_targets_are_the_standing_and_the_named(shipped_labels: LabelSchema, text: str, named: list[str]) -> None:
    assert shipped_labels.default_targets(text) == ("china-control", "diversification", *named)


def test_an_acronym_matches_as_written_and_a_name_in_any_case(tmp_path: Path) -> None:
    schema = _load(tmp_path, THEMES + "targets: [{id: doe, name: DOE}, {id: union, name: Brine Union}]")
    assert schema.default_targets("A doe met the brine union.") == ("union",)
    assert schema.default_targets("The DOE did not.") == ("doe",)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("themes: [{name: a, definition: x}, {name: a, definition: y}]", "every theme once, 'a'"),
        (THEMES + "targets: [{id: a, name: A}, {id: b, name: a}]", "every target id, name or alias once, 'a'"),
        (THEMES + "targets: [{id: a, name: A, aliases: [Pit]}, {id: pit, name: B}]", "'pit' stands there twice"),
        (THEMES + "targets: [{id: a, name: A, aliases: [P  Q]}, {id: b, name: B, aliases: [p q]}]", "'p q'"),
        ("themes: []", "'themes'"),
        ("", "the key 'themes' is missing"),
        ("themes: [{name: Water, definition: x}]", "'themes.0.name'"),
        (THEMES + "targets: [{id: a, name: A, alias: [x]}]", "'targets.0.alias'; did you mean 'aliases'?"),
        (THEMES + f"targets: [{{id: a, name: {'X' * 201}}}]", "'targets.0.name'"),
        ("themes: [", "labels.yaml:1: not valid YAML"),
        (THEMES + 'targets: [{id: a, name: A, aliases: [""]}]', "aliases"),
        (THEMES + 'targets: [{id: a, name: "  "}]', "name"),
    ],
)
def test_labels_that_are_wrong_are_refused_by_file_and_key(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        _load(tmp_path, content)
    assert str(refusal.value).startswith(str(tmp_path / "labels.yaml"))
    assert told in str(refusal.value)


def test_a_target_may_repeat_its_own_name(tmp_path: Path) -> None:
    schema = _load(tmp_path, THEMES + "targets: [{id: lynas, name: Lynas, aliases: [LYNAS]}]")
    assert schema.resolve("lynas") == "Lynas"


def test_missing_labels_are_told_by_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        load_labels(tmp_path / "gone.yaml")
    assert str(refusal.value).startswith(f"{tmp_path / 'gone.yaml'}: expected a readable YAML file")


@pytest.mark.parametrize("parts", [("configs", "labels.yaml"), ("seeds", "starter", "labels.yaml")])
def test_shipped_labels_survive_a_round_trip(parts: tuple[str, ...]) -> None:
    schema = load_labels(shipped(*parts))
    assert LabelSchema.model_validate(schema.to_dict()) == schema
    assert schema.theme_names == tuple(theme.name for theme in schema.themes)
