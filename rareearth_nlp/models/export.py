"""Compiled forms of a network, beside its weights: OpenVINO's, in fp32 or int8, and ONNX for whatever reads that."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rareearth_nlp.errors import ModelError
from rareearth_nlp.models.engines import FILES, Batch, Precision
from rareearth_nlp.models.joint import JointEncoder

OUTPUTS = ("themes", "stances")


class _Plain(nn.Module):
    """The network with its logits as a tuple, which is what tracing asks for."""

    def __init__(self, model: JointEncoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, *tokens: Tensor) -> tuple[Tensor, Tensor]:
        found = self.model(*tokens)
        return found["theme_logits"], found["stance_logits"]


def write_openvino(model: JointEncoder, batches: Sequence[Batch], folder: Path, precision: Precision) -> None:
    """Write OpenVINO's form into the folder.

    Args:
        model: The network.
        batches: Of typical sentences. The first one is traced; int8 takes the ranges of all its numbers from them, by
            the post-training quantization of NNCF.
        folder: Receives the files.
        precision: int8 makes another network, bf16 and fp32 are the same one computed otherwise.

    Raises:
        ModelError: OpenVINO, or NNCF for int8, is not installed.
    """
    try:
        import openvino

        if precision == "int8":
            import nncf
    except ImportError:
        raise ModelError("export needs OpenVINO and NNCF; run: pip install 'rareearth_nlp[fast]'") from None
    names = list(batches[0])
    example = tuple(torch.from_numpy(values) for values in batches[0].values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what libraries say to each other while they trace
        network = openvino.convert_model(_Plain(model).eval(), example_input=example)
    for place, name in zip(network.inputs, names, strict=True):
        place.get_tensor().set_names({name})
    for place, name in zip(network.outputs, OUTPUTS, strict=True):
        place.get_tensor().set_names({name})
    if precision == "int8":
        data = nncf.Dataset([dict(batch) for batch in batches])
        network = nncf.quantize(network, data, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(batches))
    openvino.save_model(network, folder / FILES["openvino"][0], compress_to_fp16=False)


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
