"""Settings as a file and overrides give them, before they are checked: dotted keys, and paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from rareearth_nlp.errors import ConfigError
from rareearth_nlp.validation import nearest

_INPUTS = {"corpus": {"path", "labels"}, "distillation": {"teachers", "documents"}}


def anchor_inputs(settings: dict[str, Any], folder: Path) -> None:
    """Make paths of what is read relative to the file that names them; weights only where there is such a folder."""

    def anchored(path: Any) -> Any:
        return str(folder / Path(path).expanduser()) if isinstance(path, str) else path

    for section, keys in _INPUTS.items():
        values = settings.get(section)
        if isinstance(values, dict):
            for key in values.keys() & keys:
                given = values[key]
                values[key] = list(map(anchored, given)) if isinstance(given, list) else anchored(given)
    model = settings.get("model")
    if isinstance(model, dict) and isinstance(model.get("weights"), str) and Path(anchored(model["weights"])).is_dir():
        model["weights"] = anchored(model["weights"])


def assign(settings: dict[str, Any], setting: str) -> None:
    """Put the value of `key=value` at its dotted key.

    Raises:
        ConfigError: It has no `=`, or the value is not YAML.
    """
    key, equals, text = setting.partition("=")
    if not equals:
        raise ConfigError(f"expected key=value, got {setting!r}; write for instance model.epochs=3")
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):  # the latter for an impossible date
        raise ConfigError(f"{setting!r}: the value is not YAML; quote it") from None
    put(settings, key, value)


def put(settings: dict[str, Any], key: str, value: Any) -> None:
    """Put a value at a dotted key; sections that are missing are made.

    Raises:
        ConfigError: A section of the key holds a value.
    """
    *sections, last = key.split(".")
    place = settings
    for section in sections:
        if place.get(section) is None:
            place[section] = {}
        place = place[section]
        if not isinstance(place, dict):
            raise ConfigError(f"{key!r}: {section!r} has no keys of its own; {nearest(key, sorted(settings))}")
    place[last] = value
