"""The encoder: masked losses, truncation, tokenizers that come with padding."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from rareearth_nlp.errors import ModelError
from rareearth_nlp.models.encoder import IGNORED, EncoderClassifier, JointEncoder, encode, load_tokenizer, pad
from rareearth_nlp.tagging.tagger import Tagger

NAN = math.nan


@pytest.fixture
def model(toy_weights: Path) -> JointEncoder:
    from transformers import AutoModel

    torch.manual_seed(0)
    return JointEncoder(AutoModel.from_pretrained(toy_weights, dtype=torch.float32), themes=2).eval()


def _loss(model: JointEncoder, folder: Path, themes: list[list[float]], stance: list[int]) -> torch.Tensor:
    tokenizer = load_tokenizer(folder)
    rows, _ = encode(
        tokenizer, [""] * len(stance), [""] * len(stance), ["The union won.", "The well ran dry."][: len(stance)], 64
    )
    found: dict[str, torch.Tensor] = model(
        **pad(tokenizer, rows), themes=torch.tensor(themes), stance=torch.tensor(stance)
    )
    return found["loss"]


def test_what_is_not_annotated_does_not_count(model: JointEncoder, toy_weights: Path) -> None:
    one = _loss(model, toy_weights, [[1.0, NAN]], [IGNORED])
    beside_unknown = _loss(model, toy_weights, [[1.0, NAN], [NAN, NAN]], [IGNORED, IGNORED])
    assert beside_unknown.item() == pytest.approx(one.item(), abs=1e-6)
    beside_known = _loss(model, toy_weights, [[1.0, NAN], [NAN, 1.0]], [IGNORED, IGNORED])
    assert beside_known.item() != pytest.approx(one.item(), abs=1e-4)


def test_a_row_with_nothing_annotated_gives_no_gradient(model: JointEncoder, toy_weights: Path) -> None:
    loss = _loss(model, toy_weights, [[NAN, NAN]], [IGNORED])
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == 0
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in model.parameters())


def test_half_a_weight_is_half_a_voice(model: JointEncoder, toy_weights: Path) -> None:
    tokenizer = load_tokenizer(toy_weights)
    rows, _ = encode(tokenizer, [""] * 2, [""] * 2, ["The union won.", "The well ran dry."], 64)
    labels = {"themes": torch.tensor([[1.0, NAN], [0.0, NAN]]), "stance": torch.tensor([0, 2])}
    tokens = pad(tokenizer, rows)
    first, second = (
        model(**tokens, **labels, weights=torch.tensor(weights))["loss"].item() for weights in ([1.0, 0.0], [0.0, 1.0])
    )
    both = model(**tokens, **labels, weights=torch.tensor([1.0, 0.5]))["loss"].item()
    assert both == pytest.approx((first + second / 2) / 1.5, abs=1e-5)


def test_the_stance_shift_is_in_the_logits_and_not_in_the_loss(model: JointEncoder, toy_weights: Path) -> None:
    tokenizer = load_tokenizer(toy_weights)
    rows, _ = encode(tokenizer, ["the mine"], [""], ["The union won."], 64)
    before, loss = model(**pad(tokenizer, rows))["stance_logits"], _loss(model, toy_weights, [[NAN, NAN]], [2])
    model.stance_shift.copy_(torch.tensor([0.0, 0.0, 3.0]))
    after = model(**pad(tokenizer, rows))["stance_logits"]
    assert (after - before)[0].tolist() == pytest.approx([0, 0, 3], abs=1e-5)
    assert _loss(model, toy_weights, [[NAN, NAN]], [2]).item() == loss.item()


def test_fixed_padding_of_the_bundle_is_undone(toy_weights: Path) -> None:
    tokenizer = load_tokenizer(toy_weights)
    rows, _ = encode(tokenizer, [""], [""], ["The union won."], 64)
    assert len(rows[0]["input_ids"]) < 20


def test_truncation_takes_from_the_sentence_and_is_told(toy_weights: Path) -> None:
    tokenizer = load_tokenizer(toy_weights)
    target = tokenizer("the mine", add_special_tokens=False)["input_ids"]
    rows, truncated = encode(tokenizer, ["the mine"] * 2, [""] * 2, ["The union won.", "water " * 100], 32)
    assert truncated == [False, True]
    assert len(rows[1]["input_ids"]) == 32
    assert rows[1]["input_ids"][1 : 1 + len(target)] == target


def test_a_target_as_long_as_the_model_reads_is_cut_too(toy_weights: Path) -> None:
    rows, truncated = encode(load_tokenizer(toy_weights), ["water " * 60], [""], ["The union won. " * 30], 32)
    assert len(rows[0]["input_ids"]) == 32
    assert truncated == [True]


def test_the_heads_read_the_sentence_only_and_a_context_loses_its_beginning(toy_weights: Path) -> None:
    tokenizer = load_tokenizer(toy_weights)
    rows, truncated = encode(tokenizer, ["", "the mine"], ["", "jobs " * 50 + "a strike"], ["water won."] * 2, 64)
    alone, paired = (tokenizer.convert_ids_to_tokens(row["input_ids"]) for row in rows)
    read = [
        [token for token, use in zip(tokens, row["pooled"], strict=True) if use]
        for tokens, row in zip((alone, paired), rows, strict=True)
    ]
    assert read[0] == read[1] == alone[1:-1]
    assert truncated == [False, False]
    ahead = paired[: paired.index("[SEP]")], paired[paired.index("[SEP]") + 1 : -len(read[1]) - 2]
    assert ahead[0][1:] == tokenizer.tokenize("the mine")
    assert len(ahead[1]) == 16
    assert ahead[1][-2:] == tokenizer.tokenize("a strike")[-2:]


def test_context_is_read_only_by_a_tagger_that_learnt_it(encoder_folder: Path, tmp_path: Path) -> None:
    classifier = Tagger.load(encoder_folder).classifier
    assert isinstance(classifier, EncoderClassifier)
    plain, around = (classifier.score(["It stopped."], ["the mine"], context) for context in (None, ["A strike."]))
    assert not np.allclose(plain.themes, around.themes, atol=1e-5)
    assert not np.allclose(plain.stances, around.stances, atol=1e-5)
    deaf = EncoderClassifier(classifier._model, classifier._tokenizer, 64, reads_context=False)
    deaf.save(tmp_path)
    again = EncoderClassifier.load(tmp_path, themes=2).score(["It stopped."], ["the mine"], ["A strike."])
    np.testing.assert_array_equal(again.themes, plain.themes)


def test_threads_share_one_tokenizer(encoder_folder: Path) -> None:
    tagger = Tagger.load(encoder_folder)
    jobs = [["water " * 400] * 4, ["The union won."] * 4] * 8
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda job: tagger.tag_sentences(job, ["the mine"]), jobs))
    assert [tagged[0].truncated for tagged in found] == [True, False] * 8


def test_weights_that_do_not_fit_are_refused(encoder_folder: Path) -> None:
    with pytest.raises(ModelError, match="the weights do not fit"):
        EncoderClassifier.load(encoder_folder / "model", themes=7)


def test_100_000_characters(encoder_folder: Path) -> None:
    tagged = Tagger.load(encoder_folder).tag_sentences(["water " * 16_667, "The union won."])
    assert [sentence.truncated for sentence in tagged] == [True, False]
