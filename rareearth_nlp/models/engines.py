"""What computes an encoder's logits: torch, which is always there, or a compiled form by OpenVINO or ONNX Runtime."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from rareearth_nlp.errors import ModelError

if TYPE_CHECKING:
    from rareearth_nlp.models.joint import JointEncoder

Runtime = Literal["auto", "torch", "openvino", "onnx"]
Precision = Literal["fp32", "bf16", "int8"]

Batch = Mapping[str, NDArray[np.int64]]
"""What `tokens.pad` gives."""

Logits = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Of themes, `[rows, themes]`, and of stances, `[rows, targets, 3]`."""

FILES = {
    "openvino": ("network.xml", "network.bin"),
    "onnx": ("network.onnx",),
    "torch": ("model.safetensors", "config.json"),
}
"""What each runtime reads, the first choice of `auto` first."""

_LIBRARIES = {"openvino": "openvino", "onnx": "onnxruntime", "torch": "torch"}
_EXTRAS = {"openvino": "'rareearth_nlp[fast]'", "onnx": "'rareearth_nlp[onnx]'", "torch": "torch"}


class Engine(Protocol):
    """Computes logits; threads may share one.

    Attributes:
        themes: How many there are.
    """

    themes: int

    def __call__(self, batch: Batch) -> Logits:
        """Return the logits of both heads."""
        ...

    def save(self, folder: Path) -> None:
        """Write what this engine is loaded from."""
        ...


def made_for(folder: Path) -> list[str]:
    """Return the runtimes whose files are in a model's folder, the first choice of `auto` first."""
    return [name for name, files in FILES.items() if all((folder / file).is_file() for file in files)]


def load_engine(
    folder: Path, themes: int, precision: Precision, runtime: Runtime = "auto", threads: int | None = None
) -> Engine:
    """Return the engine of a saved encoder.

    Args:
        folder: The model's.
        themes: How many there are.
        precision: What the tagger was exported in; it decides the scores, so every runtime keeps to it.
        runtime: `auto` takes the first of `FILES` that the tagger was exported for and that is installed.
        threads: How many cores to take; None leaves it to the runtime. Of torch they are those of the whole process.

    Raises:
        ModelError: The tagger was not exported for the runtime, or it is not installed.
    """
    made = made_for(folder)
    if precision != "fp32" and "torch" in made:
        made.remove("torch")  # it would compute other scores than the tagger was exported with
    if not made:
        raise ModelError(f"{folder}: holds no network; copy the tagger again")
    installed = [name for name in made if find_spec(_LIBRARIES[name])]
    if runtime == "auto" and not installed:
        raise ModelError(f"{folder}: computes by {' or '.join(made)} only; run: pip install {_EXTRAS[made[0]]}")
    chosen = installed[0] if runtime == "auto" else runtime
    if chosen not in made:
        raise ModelError(
            f"{folder}: not made for {chosen}, only for {', '.join(made)}; see rareearth-nlp export --help"
        )
    if chosen not in installed:
        raise ModelError(f"the runtime {chosen} is not installed; run: pip install {_EXTRAS[chosen]}")
    if chosen == "openvino":
        return OpenVinoEngine(folder, themes, precision, threads)
    if chosen == "onnx":
        return OnnxEngine(folder, themes, threads)
    from rareearth_nlp.models.joint import JointEncoder

    return TorchEngine(JointEncoder.load(folder, themes), threads)


class TorchEngine:
    """A `JointEncoder`, wherever it is: on the processor or on a GPU."""

    def __init__(self, model: JointEncoder, threads: int | None = None) -> None:
        import torch

        self.model = model.eval()
        self.themes = model.theme_head.out_features
        if threads:
            torch.set_num_threads(threads)

    def __call__(self, batch: Batch) -> Logits:
        """Return the logits of both heads."""
        import torch

        device = next(self.model.parameters()).device
        with torch.inference_mode():
            found = self.model(**{name: torch.from_numpy(values).to(device) for name, values in batch.items()})
        return found["theme_logits"].float().cpu().numpy(), found["stance_logits"].float().cpu().numpy()

    def save(self, folder: Path) -> None:
        """Write the weights (safetensors) and the encoder's configuration."""
        self.model.save(folder)


class OpenVinoEngine:
    """A network that OpenVINO compiles for this processor when it is loaded."""

    def __init__(self, folder: Path, themes: int, precision: Precision, threads: int | None = None) -> None:
        import openvino

        self.themes = themes
        self._folder = folder
        # by itself it would compute in bf16 wherever the processor can
        settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32"}
        settings |= {"INFERENCE_NUM_THREADS": threads} if threads else {}
        self._network = openvino.compile_model(folder / FILES["openvino"][0], "CPU", settings)
        computes = str(self._network.get_property("INFERENCE_PRECISION_HINT"))
        if precision == "bf16" and "bfloat16" not in computes and "bf16" not in computes:
            raise ModelError(f"{folder}: is of bf16, which this processor does not compute; export in fp32 or int8")

    def __call__(self, batch: Batch) -> Logits:
        """Return the logits of both heads."""
        found = self._network.create_infer_request().infer(dict(batch))
        return found["themes"], found["stances"]

    def save(self, folder: Path) -> None:
        """Copy every form of the network that the tagger was exported in."""
        _copy(self._folder, folder)


class OnnxEngine:
    """A network that ONNX Runtime reads."""

    def __init__(self, folder: Path, themes: int, threads: int | None = None) -> None:
        import onnxruntime

        self.themes = themes
        self._folder = folder
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        file = str(folder / FILES["onnx"][0])
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def __call__(self, batch: Batch) -> Logits:
        """Return the logits of both heads."""
        themes, stances = self._session.run(["themes", "stances"], dict(batch))
        return themes, stances

    def save(self, folder: Path) -> None:
        """Copy every form of the network that the tagger was exported in."""
        _copy(self._folder, folder)


def _copy(source: Path, folder: Path) -> None:
    files = [file for file in chain.from_iterable(FILES.values()) if (source / file).is_file()]
    if not files:
        raise ModelError(f"{source}: is gone, so that its network cannot be copied; load the tagger from where it is")
    for file in files:
        shutil.copyfile(source / file, folder / file)
