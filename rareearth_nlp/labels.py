"""Labels are data: themes and targets, as a YAML file states them."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from rareearth_nlp.errors import ConfigError, DataError
from rareearth_nlp.validation import Strict, read_yaml, validate

STANCES = ("favor", "against", "neutral")
"""The stance labels, in the order of the last axis of stance scores."""

MAX_TARGET_CHARACTERS = 200


class Theme(Strict):
    """A multi-label class of a sentence."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    definition: str

    @model_validator(mode="after")
    def _not_reserved(self) -> Theme:
        if self.name == "none":
            raise ValueError("'none' means no theme in CSV files; choose another name")
        if self.name in STANCES:
            raise ValueError(f"{self.name!r} is a stance; choose another name")
        return self


class Target(Strict):
    """What a stance is about.

    Attributes:
        id: The short name by which people ask for it.
        name: What the model reads.
        aliases: Other names under which texts speak of it.
        standing: Asked of every document, whether the text names it or not.
    """

    id: str = Field(pattern=r"\S")
    name: str = Field(pattern=r"\S", max_length=MAX_TARGET_CHARACTERS)
    aliases: tuple[Annotated[str, Field(pattern=r"\S")], ...] = ()
    standing: bool = False
    definition: str | None = None

    def named_in(self, text: str) -> bool:
        """Tell whether the text speaks of the target by its name or an alias, as whole words."""
        return any(_pattern(phrase).search(text) for phrase in (self.name, *self.aliases))


class LabelSchema(Strict):
    """The themes and targets that a corpus is annotated with and a tagger answers for."""

    themes: tuple[Theme, ...] = Field(min_length=1)
    targets: tuple[Target, ...] = ()

    @model_validator(mode="after")
    def _unique(self) -> LabelSchema:
        names = [theme.name for theme in self.themes]
        words = [
            word for target in self.targets for word in {_key(target.id), *map(_key, (target.name, *target.aliases))}
        ]
        for kind, found in (("theme", names), ("target id, name or alias", words)):
            twice = sorted({word for word in found if found.count(word) > 1})
            if twice:
                raise ValueError(f"expected every {kind} once, {twice[0]!r} stands there twice; rename one")
        return self

    @cached_property
    def theme_names(self) -> tuple[str, ...]:
        """The themes' names, in the order of the last axis of theme scores."""
        return tuple(theme.name for theme in self.themes)

    def resolve(self, asked: str) -> str:
        """Return what the model reads for a target that is asked by id, name, alias or any phrase.

        Raises:
            DataError: The phrase is empty or longer than `MAX_TARGET_CHARACTERS`.
        """
        phrase = " ".join(asked.split())
        if not phrase or len(phrase) > MAX_TARGET_CHARACTERS:
            raise DataError(
                f"expected a target of 1 to {MAX_TARGET_CHARACTERS} characters, got {len(phrase)}; ask by a short name"
            )
        return self._names.get(_key(phrase), phrase)

    def default_targets(self, text: str) -> tuple[str, ...]:
        """Return the ids of the standing targets and of every listed target that the text names."""
        return tuple(target.id for target in self.targets if target.standing or target.named_in(text))

    def to_dict(self) -> dict[str, Any]:
        """Return the schema as `load_labels` reads it."""
        return self.model_dump(exclude_none=True, mode="json")

    @cached_property
    def _names(self) -> dict[str, str]:
        return {
            _key(word): target.name for target in self.targets for word in (target.id, target.name, *target.aliases)
        }


def load_labels(path: Path) -> LabelSchema:
    """Return the themes and targets of a labels YAML file.

    Raises:
        ConfigError: The file is missing, not YAML, or not a label schema.
    """
    return validate(LabelSchema, read_yaml(path, ConfigError), str(path), ConfigError)


def _key(phrase: str) -> str:
    return " ".join(phrase.casefold().split())


def _pattern(phrase: str) -> re.Pattern[str]:
    # an acronym is matched as written: "DOE" is an office, "doe" is a deer
    flags = re.NOFLAG if phrase.isupper() else re.IGNORECASE
    words = r"\s+".join(re.escape(word) for word in phrase.split())
    return re.compile(rf"(?<!\w){words}(?!\w)", flags)
