"""`init`: a project of one's own."""

from __future__ import annotations

import shutil
from argparse import Namespace
from pathlib import Path

from rareearth_nlp.commands.show import console
from rareearth_nlp.errors import DataError
from rareearth_nlp.resources import shipped


def init(arguments: Namespace) -> int:
    """Write labels, example sentences (JSON Lines and the same as CSV) and a config into a new folder."""
    folder = Path(arguments.folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: exists already and is not empty; name a new folder")
    shutil.copytree(shipped("seeds", "starter"), folder, dirs_exist_ok=True)
    out = console()
    out.print(
        f"{folder}: labels.yaml, corpus.jsonl, the same as corpus.csv, and config.yaml. Next:\n",
        soft_wrap=True,
    )
    for step in (
        f"rareearth-nlp corpus check {folder / 'config.yaml'}",
        f"rareearth-nlp train {folder / 'config.yaml'}",
        'rareearth-nlp predict "Salar Blanco will train forty drillers."',
    ):
        out.print(f"  {step}", soft_wrap=True)
    return 0
