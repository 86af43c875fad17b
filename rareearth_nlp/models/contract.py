"""What every model family promises, whatever is inside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scores:
    """Probabilities for a batch of sentences.

    Attributes:
        themes: `[sentences, themes]`, each between 0 and 1, in the schema's order.
        stances: `[pairs, 3]`, each row summing to 1, in the order of `STANCES`; those of the first sentence with
            each of its targets come first, then those of the second.
        truncated: `[sentences]`, True where the model read only the beginning of the sentence or of a target.
    """

    themes: NDArray[np.float32]
    stances: NDArray[np.float32]
    truncated: NDArray[np.bool_]

    @classmethod
    def kept(cls, file: Path, score: Callable[[], Scores]) -> Scores:
        """Return the scores in an `.npz` file; if it is not there yet, those of `score`, once they are written."""
        if file.is_file():
            with np.load(file) as found:
                return cls(found["themes"], found["stances"], found["truncated"])
        scores = score()
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".part.npz")
        np.savez(new, allow_pickle=False, themes=scores.themes, stances=scores.stances, truncated=scores.truncated)
        new.replace(file)
        return scores

    def chosen(self, sentences: NDArray[np.bool_], pairs: NDArray[np.bool_]) -> Scores:
        """Return the scores of the chosen `[sentences]` and `[pairs]`."""
        return Scores(self.themes[sentences], self.stances[pairs], self.truncated[sentences])


class Scorer(Protocol):
    """Scores sentences for themes, and for their stance toward targets; how a target is brought in stays inside."""

    def score(
        self,
        sentences: Sequence[str],
        targets: Sequence[Sequence[str]],
        contexts: Sequence[str] | None = None,
        *,
        progress: bool = False,
    ) -> Scores:
        """Return the scores of every sentence, and of every sentence toward each of its targets.

        Args:
            sentences: What to score.
            targets: Those of each sentence, by name, or any phrase.
            contexts: What stands around each sentence, as `documents.contexts` gives it; a family may ignore it.
            progress: Show a bar on standard error.
        """
        ...


class Classifier(Scorer, Protocol):
    """A scorer of a model family, which can be saved."""

    @property
    def family(self) -> str:
        """The name under which `load_classifier` finds the model's code."""
        ...

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        ...
