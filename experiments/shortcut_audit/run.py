"""What can be told from the seed corpus without reading it: `python experiments/shortcut_audit/run.py`.

Models that see only the genre, only the length, or single words; writers told apart by function words and punctuation;
repeated wording. Writes result.md.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, SplineTransformer

from rareearth_nlp.config import load_config
from rareearth_nlp.corpus.loading import Corpus, load_corpus
from rareearth_nlp.corpus.splitting import Splits, split_corpus
from rareearth_nlp.documents import Example
from rareearth_nlp.labels import load_labels

FOLDER = Path(__file__).parent
MIN_COUNT = 20
"""A word must occur in so many train sentences to be judged."""
PUNCTUATION = list(",;:.?!()–—-\"'“”‘’")
WORD, UNBROKEN = r"[a-z][a-z-]+", r"\S+"


def main() -> None:
    """Run every audit and write the result."""
    config = load_config()
    schema = load_labels(config.labels_path)
    corpus = load_corpus(config.corpus_path, schema)
    splits = split_corpus(corpus, config.corpus)
    lines = [
        *_shortcuts(corpus, splits, schema.theme_names),
        "",
        *_telling_words(splits["train"], schema.theme_names),
        "",
        *_writers(corpus),
        "",
        *_repetition(corpus),
    ]
    (FOLDER / "result.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _shortcuts(corpus: Corpus, splits: Splits, themes: Sequence[str]) -> Iterator[str]:
    """Yield F1 on validation of models that see less than the sentence, thresholds as trained."""
    train, check = splits["train"], splits["validation"]
    genre = {name: str(record.genre) for name, record in corpus.documents.items()}
    views: dict[str, tuple[Any, Any]] = {
        "the genre": (
            make_pipeline(OneHotEncoder(handle_unknown="ignore"), _regression()),
            lambda examples: [[genre[example.document_id]] for example in examples],
        ),
        "the length": (
            make_pipeline(SplineTransformer(), _regression()),
            lambda examples: [[len(example.text.split())] for example in examples],
        ),
        "words (TF-IDF)": (
            make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), _regression()),
            lambda examples: [example.text for example in examples],
        ),
    }
    yield f"| F1 on validation of a model that sees | {' | '.join(themes)} | favor | against |"
    yield f"|---|{'---|' * (len(themes) + 2)}"
    always = []
    for name, (model, view) in views.items():
        scores = []
        for label in (*themes, "favor", "against"):
            truth = [_has(example, label) for example in check]
            model.fit(view(train), [_has(example, label) for example in train])
            scores.append(f1_score(truth, model.predict(view(check))))
            if len(always) < len(themes) + 2:
                always.append(f1_score(truth, [True] * len(truth)))
        yield f"| {name} | {' | '.join(f'{score:.2f}' for score in scores)} |"
    yield f"| nothing (says yes always) | {' | '.join(f'{score:.2f}' for score in always)} |"
    yield ""
    yield "Favor and against here: the sentence takes that side toward any of its targets."


def _has(example: Example, label: str) -> bool:
    return label in (example.themes or ()) or label in example.stance.values()


def _regression() -> LogisticRegression:
    return LogisticRegression(class_weight="balanced", max_iter=2000)


def _telling_words(train: Sequence[Example], themes: Sequence[str]) -> Iterator[str]:
    """Yield the words that come nearest to giving a theme away: the highest share of their sentences that have it."""
    vectorizer = CountVectorizer(binary=True, min_df=MIN_COUNT, token_pattern=WORD)
    words = vectorizer.fit_transform(example.text for example in train)
    names, total = vectorizer.get_feature_names_out(), np.asarray(words.sum(axis=0)).ravel()
    yield f"| theme | its share | words with the highest share of it (in {MIN_COUNT} or more train sentences) |"
    yield "|---|---|---|"
    for theme in themes:
        has = np.array([theme in (example.themes or ()) for example in train])
        share = np.asarray(words[has].sum(axis=0)).ravel() / total
        best = np.argsort(-share)[:6]
        told = ", ".join(f"{names[index]} {share[index]:.2f} ({total[index]})" for index in best)
        yield f"| {theme} | {has.mean():.2f} | {told} |"


def _writers(corpus: Corpus) -> Iterator[str]:
    """Yield how often a writer is told from function words and punctuation alone, whole documents held out."""
    texts: dict[str, list[str]] = defaultdict(list)
    for example in corpus.examples:
        texts[example.document_id].append(example.text)
    names = [name for name in texts if corpus.documents[name].writer]
    writers = [str(corpus.documents[name].writer) for name in names]
    documents = [" ".join(re.findall(r"[a-z]+|[^\w\s]", " ".join(texts[name]).lower())) for name in names]
    vocabulary = [*sorted(ENGLISH_STOP_WORDS), *PUNCTUATION]
    model = make_pipeline(
        TfidfVectorizer(vocabulary=vocabulary, token_pattern=UNBROKEN, sublinear_tf=True),
        LogisticRegression(C=100, max_iter=5000),
    )
    found = cross_val_predict(model, documents, writers, cv=GroupKFold(5), groups=names)
    right = np.mean([one == other for one, other in zip(found, writers, strict=True)])
    chance = max(Counter(writers).values()) / len(writers)
    yield (
        f"Of {len(names)} documents by {len(set(writers))} writers, {right:.0%} are given to their writer by function "
        f"words and punctuation alone (always the most prolific writer: {chance:.0%})."
    )


def _repetition(corpus: Corpus) -> Iterator[str]:
    """Yield distinct-n-gram shares, and the pairs of documents that share most of their word trigrams."""
    words = {
        name: re.findall(r"\w+", " ".join(e.text for e in corpus.examples if e.document_id == name).lower())
        for name in corpus.documents
    }
    for size in (1, 2, 3, 4):
        grams = Counter(gram for text in words.values() for gram in zip(*(text[k:] for k in range(size)), strict=False))
        yield f"- distinct {size}-grams: {len(grams):,} of {grams.total():,} ({len(grams) / grams.total():.1%})"
    trigrams = {name: set(zip(text, text[1:], text[2:], strict=False)) for name, text in words.items()}
    names = sorted(trigrams)
    pairs = [
        (len(trigrams[a] & trigrams[b]) / len(trigrams[a] | trigrams[b]), a, b)
        for place, a in enumerate(names)
        for b in names[place + 1 :]
    ]
    yield ""
    yield "| nearest pairs of documents | | Jaccard similarity of word trigrams |"
    yield "|---|---|---|"
    for similarity, a, b in sorted(pairs, reverse=True)[:10]:
        yield f"| {a} | {b} | {similarity:.3f} |"


if __name__ == "__main__":
    main()
