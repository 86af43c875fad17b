"""The door: data from outside becomes a checked object, or one sentence that says what to mend."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from rareearth_nlp.errors import RareEarthError


class Strict(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


RecordT = TypeVar("RecordT", bound=BaseModel)


def read_yaml(path: Path, error: type[RareEarthError]) -> Any:
    """Return what the YAML file holds; an empty file is an empty mapping.

    Raises:
        RareEarthError: Of the given type, when the file is missing or is not YAML.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise error(f"{path}: expected a readable YAML file, got {reason(problem)}") from None
    except (yaml.YAMLError, ValueError) as problem:  # the latter for an impossible date
        mark = getattr(problem, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise error(f"{path}{line}: not valid YAML ({getattr(problem, 'problem', problem)}); mend that line") from None
    return {} if content is None else content


def validate(record: type[RecordT], data: Any, where: str, error: type[RareEarthError]) -> RecordT:
    """Return `data` as a `record`.

    Args:
        record: The pydantic class to build.
        data: What was read from outside.
        where: Names the origin at the head of the message, such as `corpus.jsonl:12`.
        error: The type to raise.

    Raises:
        RareEarthError: Of the given type; one sentence about the first problem, with its dotted key.
    """
    try:
        return record.model_validate(data)
    except ValidationError as problems:
        raise error(f"{where}: {_sentence(record, data, problems)}") from None


def reason(problem: Exception) -> str:
    """Return an operating-system or decoding error without its path and class name."""
    return getattr(problem, "strerror", None) or str(problem)


def nearest(word: str, known: list[str]) -> str:
    """Return a hint with the known word nearest to `word`, else with all of them."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}"


def _sentence(record: type[BaseModel], data: Any, problems: ValidationError) -> str:
    # an unknown key may also be why another one is missing: it is told first
    found = problems.errors(include_url=False)
    first = next((problem for problem in found if problem["type"] == "extra_forbidden"), found[0])
    path, arm = _path(first["loc"], data)
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        return f"unknown key {key!r}; {nearest(path[-1], _keys(record, path[:-1], arm))}"
    if first["type"] == "missing":
        return f"the key {key!r} is missing; add it"
    if first["type"] == "union_tag_invalid":
        context = first["ctx"]
        key += "." + context["discriminator"].strip("'")
        return f"{key!r}: expected {context['expected_tags']}, got {context['tag']!r}"
    if first["type"] == "union_tag_not_found":
        key += "." + first["ctx"]["discriminator"].strip("'")
        return f"the key {key!r} is missing; add it"
    message = first["msg"].removeprefix("Value error, ")
    place = f"{key!r}: " if key else ""
    told = "" if first["type"] == "value_error" else f", got {_short(first['input'])}"
    return f"{place}{message[:1].lower()}{message[1:]}{told}"


def _path(location: tuple[int | str, ...], data: Any) -> tuple[list[str], str | None]:
    """Return the keys as the user wrote them, and the arm of a union that pydantic puts among them."""
    path, arm = [], None
    for part in location[:-1]:
        inside = data.get(part) if isinstance(data, dict) else data[part] if isinstance(part, int) else None
        if inside is None:
            arm = str(part)
        else:
            path.append(str(part))
            data = inside
    return [*path, *map(str, location[-1:])], arm


def _keys(record: type[BaseModel], path: list[str], arm: str | None) -> list[str]:
    """Return the keys that the nested record at `path` accepts."""
    for part in path:
        field = record.model_fields.get(part)
        inside = _records(field.annotation) if field else []
        chosen = [cls for cls in inside if arm in _literals(cls)] or inside
        record = chosen[0] if chosen else record
    return list(record.model_fields)


def _records(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [cls for argument in get_args(annotation) for cls in _records(argument)]


def _literals(record: type[BaseModel]) -> set[Any]:
    return {value for field in record.model_fields.values() for value in get_args(field.annotation)}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
