"""Compiled forms of a network, beside its weights: OpenVINO's, in fp32 or int8, and ONNX for whatever reads that."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rareearth_nlp.errors import ModelError
from rareearth_nlp.models.engines import FILES, Batch
from rareearth_nlp.models.joint import JointEncoder

OUTPUTS = ("themes", "stances")
_LAYER = re.compile(r"\.layers?\.(\d+)\.")


class _Plain(nn.Module):
    """The network with its logits as a tuple, which is what tracing asks for."""

    def __init__(self, model: JointEncoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, *tokens: Tensor) -> tuple[Tensor, Tensor]:
        found = self.model(*tokens)
        return found["theme_logits"], found["stance_logits"]


def traced(model: JointEncoder, batch: Batch) -> Any:
    """Return the network as OpenVINO's, for any number of rows, tokens and targets.

    Args:
        model: The network.
        batch: Several rows with several targets, to trace it with.

    Raises:
        ModelError: OpenVINO is not installed.
    """
    openvino = _installed("openvino")
    example = tuple(torch.from_numpy(values) for values in batch.values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what libraries say to each other while they trace
        network = openvino.convert_model(_Plain(model).eval(), example_input=example)
    for places, names in ((network.inputs, batch), (network.outputs, OUTPUTS)):
        for place, name in zip(places, names, strict=True):
            place.get_tensor().set_names({name})
    return network


def layers_of(network: Any) -> list[int]:
    """Return the numbers of a traced network's layers."""
    names = (operation.get_friendly_name() for operation in network.get_ops())
    return sorted({int(found[1]) for name in names if (found := _LAYER.search(name))})


def quantized(network: Any, batches: Sequence[Batch], spared: Sequence[int]) -> Any:
    """Return a traced network in int8, by the post-training quantization of NNCF; its weights take seven bits.

    Args:
        network: From `traced`.
        batches: Typical sentences, which the ranges of all numbers are taken from.
        spared: Numbers of the layers that stay in fp32.

    Raises:
        ModelError: NNCF is not installed.
    """
    nncf = _installed("nncf")
    left = nncf.IgnoredScope(patterns=[rf".*\.layers?\.{layer}\..*" for layer in spared], validate=False)
    data = nncf.Dataset([dict(batch) for batch in batches])
    # in eight bits, sums of products overflow on processors without VNNI, and scores depend on the processor
    halved = nncf.AdvancedQuantizationParameters(overflow_fix=nncf.OverflowFix.ENABLE)
    return nncf.quantize(
        network,
        data,
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(batches),
        ignored_scope=left,
        advanced_parameters=halved,
    )


def write_openvino(network: Any, folder: Path) -> None:
    """Write a traced network into the folder."""
    _installed("openvino").save_model(network, folder / FILES["openvino"][0], compress_to_fp16=False)


def _installed(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise ModelError(f"export needs {name}; run: pip install 'rareearth_nlp[fast]'") from None


def write_onnx(model: JointEncoder, batch: Batch, folder: Path) -> None:
    """Write the network as ONNX into the folder, in fp32, with any number of rows, tokens and targets.

    Raises:
        ModelError: The ONNX exporter of torch is not installed.
    """
    rows, tokens, targets = (torch.export.Dim(name) for name in ("rows", "tokens", "targets"))
    shapes: dict[str, Any] = {name: {0: rows, 1: tokens} for name in batch} | {"slots": {0: rows, 1: targets}}
    example = tuple(torch.from_numpy(values) for values in batch.values())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                _Plain(model).eval(),
                example,
                str(folder / FILES["onnx"][0]),
                input_names=list(batch),
                output_names=list(OUTPUTS),
                dynamic_shapes=(tuple(shapes[name] for name in batch),),
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except ImportError:
        raise ModelError("export to ONNX needs its exporter; run: pip install 'rareearth_nlp[onnx]'") from None
