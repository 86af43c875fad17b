"""What ships with the package: configs, labels and corpus, and the templates of its pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_PACKAGE = Path(__file__).resolve().parent


def shipped(*parts: str) -> Path:
    """Return the path of a shipped file or folder, such as `shipped("configs", "labels.yaml")`.

    It lies in the clone's top-level folders, or inside the wheel.
    """
    checkout = _PACKAGE.parent
    in_checkout = (checkout / "pyproject.toml").is_file() and (checkout / "configs").is_dir()
    root = checkout if in_checkout else _PACKAGE / "data"
    return root.joinpath(*parts)


def templates(room: str) -> Environment:
    """Return the Jinja environment of the HTML templates in a subpackage, such as `tagging`; values are escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_PACKAGE / room / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
