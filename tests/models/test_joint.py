"""The network: masked losses, weights, and tokens that see no more than they should."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from rareearth_nlp.models.joint import JointEncoder, _means, _sees
from rareearth_nlp.models.tokens import PADDING, Tokens, pad

NAN, IGNORED = math.nan, 3
SENTENCES = ["The union won.", "The well ran dry."]


@pytest.fixture
def model(toy_weights: Path) -> JointEncoder:
    from transformers import AutoModel

    torch.manual_seed(0)
    return JointEncoder(AutoModel.from_pretrained(toy_weights, dtype=torch.float32), themes=2).eval()


def _tokens(folder: Path, size: int) -> dict[str, torch.Tensor]:
    rows = Tokens.load(folder, 64).rows(SENTENCES[:size], [["the mine"]] * size)
    return {name: torch.from_numpy(values) for name, values in pad(rows).items()}


def _loss(
    model: JointEncoder, folder: Path, themes: list[list[float]], stance: list[int], weights: list[float] | None = None
) -> torch.Tensor:
    counts = torch.tensor(weights or [1.0] * len(stance))
    shares = torch.eye(4)[stance][:, None, :3] * counts[:, None, None]
    found: dict[str, torch.Tensor] = model(
        **_tokens(folder, len(stance)), themes=torch.tensor(themes), stance=shares, weights=counts
    )
    return found["loss"]


def test_what_is_not_annotated_does_not_count(model: JointEncoder, toy_weights: Path) -> None:
    one = _loss(model, toy_weights, [[1.0, NAN]], [IGNORED])
    beside_unknown = _loss(model, toy_weights, [[1.0, NAN], [NAN, NAN]], [IGNORED, IGNORED])
    assert beside_unknown.item() == pytest.approx(one.item() / 2, abs=1e-6)
    beside_known = _loss(model, toy_weights, [[1.0, NAN], [NAN, 1.0]], [IGNORED, IGNORED])
    assert beside_known.item() != pytest.approx(one.item() / 2, abs=1e-4)


def test_a_row_with_nothing_annotated_gives_no_gradient(model: JointEncoder, toy_weights: Path) -> None:
    loss = _loss(model, toy_weights, [[NAN, NAN]], [IGNORED])
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == 0
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in model.parameters())


def test_a_weight_is_a_voice_of_themes_and_of_pairs(model: JointEncoder, toy_weights: Path) -> None:
    with torch.no_grad():
        for head in (model.theme_head, model.stance_head):
            head.bias.copy_(torch.arange(len(head.bias)) + 1)  # no label is as likely as another
    for themes, stance in (([[1.0, NAN], [0.0, NAN]], [IGNORED] * 2), ([[NAN, NAN]] * 2, [0, 2])):
        first, second, both = (
            _loss(model, toy_weights, themes, stance, weights).item()
            for weights in ([1.0, 0.0], [0.0, 1.0], [1.0, 0.5])
        )
        assert both == pytest.approx(first + second / 2, abs=1e-5)
        assert first != pytest.approx(second, abs=1e-3)


def test_the_stance_shift_is_in_the_logits_and_not_in_the_loss(model: JointEncoder, toy_weights: Path) -> None:
    tokens = _tokens(toy_weights, 1)
    before, loss = model(**tokens)["stance_logits"], _loss(model, toy_weights, [[NAN, NAN]], [2])
    model.stance_shift.copy_(torch.tensor([0.0, 0.0, 3.0]))
    after = model(**tokens)["stance_logits"]
    assert (after - before)[0, 0].tolist() == pytest.approx([0, 0, 3], abs=1e-5)
    assert _loss(model, toy_weights, [[NAN, NAN]], [2]).item() == loss.item()


def test_a_mean_is_over_the_chosen_tokens_only() -> None:
    states = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [8.0, 8.0]]])
    chosen = torch.tensor([[[1, 0, 0], [1, 0, 1], [0, 0, 0]]])
    assert _means(states, chosen).tolist() == [[[2, 4], [0, 0], [3, 6]]]


def test_padding_is_seen_by_padding_only() -> None:
    sees = _sees(torch.tensor([[0, 1, 2, PADDING]]))
    assert sees[0].int().tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]]
