"""Tags every sentence of rare-earth news with themes and with its stance toward named targets.

The public face. Names are imported on first use, so that `import rareearth_nlp` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rareearth_nlp.documents import Document as Document
    from rareearth_nlp.documents import Sentence as Sentence
    from rareearth_nlp.documents import TaggedDocument as TaggedDocument
    from rareearth_nlp.documents import TaggedSentence as TaggedSentence
    from rareearth_nlp.labels import LabelSchema as LabelSchema
    from rareearth_nlp.reading import read_article as read_article
    from rareearth_nlp.tagging.tagger import Tagger as Tagger

_HOMES = {
    "Document": "rareearth_nlp.documents",
    "LabelSchema": "rareearth_nlp.labels",
    "Sentence": "rareearth_nlp.documents",
    "TaggedDocument": "rareearth_nlp.documents",
    "TaggedSentence": "rareearth_nlp.documents",
    "Tagger": "rareearth_nlp.tagging.tagger",
    "read_article": "rareearth_nlp.reading",
}

__all__ = [*sorted(_HOMES), "__version__"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("rareearth_nlp")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
