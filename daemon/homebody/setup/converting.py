"""A language model as the Hugging Face Hub keeps it, turned into CTranslate2's format (extra ``[convert]``)."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any, Final, Literal

from homebody.errors import ModelFailed, ModelMissing, NotCapable, NotWritable, UsageError
from homebody.setup.downloads import FreeBytes, check_room, free_bytes

log = logging.getLogger(__name__)

ComputeType = Literal["int8", "int8_float16", "int8_bfloat16", "float16", "bfloat16", "float32"]
# What both CTranslate2 converts and `homebody.router.backends.chat_templates` can talk to.
FAMILIES: Final = {"qwen2": "Qwen 2, 2.5 or DeepSeek R1 Distill", "qwen3": "Qwen 3", "llama": "Llama 3"}
BESIDE: Final = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "LICENSE")  # as they are
_NEEDED: Final = ("config.json", "tokenizer.json")
_BYTES_A_WEIGHT: Final = {"int8": 1.1, "int8_float16": 1.1, "int8_bfloat16": 1.1, "float32": 4.0}  # scales included


def convert(source: Path, target: Path, compute_type: ComputeType, *, free: FreeBytes = free_bytes) -> Path:
    """Convert a model. Blocks for minutes; ``target`` appears whole or not at all.

    Args:
        source: A folder with config.json, tokenizer.json and weights as safetensors.
        target: The folder to be made; one that is there is replaced.
        compute_type: How weights are stored.
        free: Looks how much room a folder's disk has.

    Returns:
        ``target``.

    Raises:
        ModelMissing: There is no whole model in ``source``.
        NotCapable: Its family is not one of `FAMILIES`, or the extra is not installed.
        ModelFailed: Its files cannot be read.
        NotWritable: The disk is too full, or refuses.
        UsageError: ``target`` is ``source``.
    """
    family, weights = _looked_at(source)
    if target.resolve() == source.resolve():
        raise UsageError("A model cannot be converted into its own folder.", "Give the new one a name: --name NAME")
    made_bytes = sum(file.stat().st_size for file in weights) / 2 * _BYTES_A_WEIGHT.get(compute_type, 2.0)
    _make(target.parent)
    check_room(target.parent, round(made_bytes), free=free)
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    log.info("%s is converted from the %s family.", target.name, family)
    try:
        _converted(source, part, compute_type)
        for name in BESIDE:
            if (source / name).is_file():
                shutil.copyfile(source / name, part / name)
        shutil.rmtree(target, ignore_errors=True)
        part.replace(target)
    except OSError as error:
        raise NotWritable(
            f"{target}: {error.strerror or error}.", "Choose another folder, or free the disk."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def _looked_at(source: Path) -> tuple[str, list[Path]]:
    """The model's family and its weights."""
    missing = [name for name in _NEEDED if not (source / name).is_file()]
    weights = sorted(source.glob("*.safetensors"))
    if missing or not weights:
        what = missing[0] if missing else "a file of weights (*.safetensors)"
        raise ModelMissing(f"{source} holds no whole model: {what} is missing.", "Download the whole repository there.")
    try:
        model_type = json.loads((source / "config.json").read_bytes())["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFailed(f"{source / 'config.json'} cannot be read.", "Download it again.") from error
    if model_type not in FAMILIES:
        known = "; ".join(FAMILIES.values())
        raise NotCapable(f"Models of type {model_type} cannot be converted.", f"These can: {known}.")
    return FAMILIES[model_type], weights


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(f"{folder}: {error.strerror}.", "Give yourself the right to write there.") from error


def _converted(source: Path, to: Path, compute_type: ComputeType) -> None:
    try:
        import torch
        import transformers
        from ctranslate2.converters import TransformersConverter
    except ImportError as error:
        raise NotCapable(
            "Converting needs torch and transformers.", "Install them with: pip install 'homebody[convert]'"
        ) from error

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()

    class Converter(TransformersConverter):  # type: ignore[misc]  # the library has no types
        """As the library's, and with what it leaves out of Llama 3's rotary scaling.

        CTranslate2 4.8 writes the factor only for linear scaling, and the original length never, so that Llama 3's
        becomes the identity: logits of a prompt of 54 tokens were off by 1.3, and by 7e-5 with both.
        """

        def _load(self) -> Any:
            spec = super()._load()
            config = transformers.AutoConfig.from_pretrained(source, local_files_only=True)
            scaling = getattr(config, "rope_scaling", None) or {}
            if scaling.get("rope_type") == "llama3":
                import numpy as np

                for layer in spec.decoder.layer:
                    # Not by assignment: a layer takes no attribute that it was not made with.
                    vars(layer.self_attention).update(
                        rotary_scaling_factor=np.float32(scaling["factor"]),
                        original_max_position_embeddings=np.int32(scaling["original_max_position_embeddings"]),
                    )
            return spec

    try:
        with torch.no_grad():
            Converter(str(source), low_cpu_mem_usage=True).convert(str(to), quantization=compute_type)
    except OSError:
        raise
    except Exception as error:  # torch, safetensors and transformers each have their own
        log.debug("%s: %s", type(error).__name__, error)
        raise ModelFailed(f"The model in {source} cannot be read.", "Download its files again.") from error
