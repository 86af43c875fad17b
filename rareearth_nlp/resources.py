"""Where the shipped configs, labels and corpus lie: in the clone's top-level folders, or inside the wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(*parts: str) -> Path:
    """Return the path of a shipped file or folder, such as `shipped("configs", "labels.yaml")`."""
    checkout = _PACKAGE.parent
    in_checkout = (checkout / "pyproject.toml").is_file() and (checkout / "configs").is_dir()
    root = checkout if in_checkout else _PACKAGE / "data"
    return root.joinpath(*parts)
