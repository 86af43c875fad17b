"""Tagged documents to a file, its kind told by the suffix; never half a file."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rareearth_nlp.documents import TaggedDocument
from rareearth_nlp.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def check_out(path: Path, suffixes: Sequence[str] = (), *, overwrite: bool) -> None:
    """Check that a result can be written there, before hours are spent on it.

    Args:
        path: Where.
        suffixes: What it may end in; () is what `write` knows.
        overwrite: Whether an older file may be replaced.

    Raises:
        DataError: The suffix is another, nothing can be written there, or the file exists and may not be replaced.
    """
    known = suffixes or tuple(_WRITERS)
    if path.suffix not in known:
        raise DataError(f"{path}: expected a file that ends in {', '.join(known)}; rename it")
    if path.is_dir():
        raise DataError(f"{path}: is a folder; name a file")
    nearest = next(folder for folder in path.absolute().parents if folder.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise DataError(f"{path}: no file can be written in {nearest}; name another folder")
    if path.exists() and not overwrite:
        raise DataError(f"{path}: exists already; name another file, or add --overwrite")


def write(documents: Sequence[TaggedDocument], path: Path, *, overwrite: bool = False) -> Path:
    """Write the documents as `.parquet`, `.csv` (a row per sentence), `.jsonl` (a line per document) or `.html`.

    Raises:
        DataError: As `check_out`.
    """
    check_out(path, overwrite=overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
        new = Path(folder) / path.name
        _WRITERS[path.suffix](documents, new)
        new.replace(path)
    return path


def _frame(documents: Sequence[TaggedDocument]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([document.to_frame() for document in documents], ignore_index=True)


def _parquet(documents: Sequence[TaggedDocument], path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    frame = _frame(documents)
    names = list(map(str, frame))
    # by name, since by its values a column that is empty tonight would have another type than yesterday
    kinds = dict.fromkeys(("position", "start", "end"), pa.int64()) | {"truncated": pa.bool_()}
    kinds |= dict.fromkeys(("themes", "abstained"), pa.list_(pa.string()))
    kinds |= {name: pa.float64() for name in names if name.startswith(("score_", "stance_score:"))}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])
    parquet.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False), path)


def _csv(documents: Sequence[TaggedDocument], path: Path) -> None:
    frame = _frame(documents)
    for column in ("themes", "abstained"):
        frame[column] = [";".join(themes) for themes in frame[column]]
    frame.to_csv(path, index=False)


def _jsonl(documents: Sequence[TaggedDocument], path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for document in documents:
            stream.write(json.dumps(document.to_dict(), ensure_ascii=False) + "\n")


def _html(documents: Sequence[TaggedDocument], path: Path) -> None:
    from rareearth_nlp.tagging.page import render

    path.write_text(render(documents), encoding="utf-8")


_WRITERS = {".parquet": _parquet, ".jsonl": _jsonl, ".csv": _csv, ".html": _html}
