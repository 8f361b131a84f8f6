"""transformers: a model that describes pictures, run by homebody itself (extra ``[transformers]``).

A model is a folder as the Hugging Face Hub keeps it: config.json, weights as safetensors, and what its processor
needs. Code that comes with a model is never run.

BLIP and BLIP-2 are no conversationalists. BLIP describes a picture and does not read the question; BLIP-2 can also be
asked something short about one. Neither sees more than one picture at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from homebody.errors import NotCapable
from homebody.paths import picture_model_dir
from homebody.router.backends import ChatMessage
from homebody.router.backends.model_process import ModelWorker
from homebody.router.backends.model_wire import Load
from homebody.router.backends.worker_backend import CHOOSE_ANOTHER, PARALLEL, WorkerBackend

PICTURE_LIMIT_BYTES: Final = 16 * 1024 * 1024  # the router's own


class TransformersWorker(ModelWorker):
    """Runs `transformers_worker`."""

    module = "homebody.router.backends.transformers_worker"
    engine = "transformers"
    families = "BLIP or BLIP-2"
    sent_limit_bytes = PICTURE_LIMIT_BYTES + 1024 * 1024


class TransformersBackend(WorkerBackend):
    """A model of the BLIP families."""

    worker = TransformersWorker
    files = ("config.json", "tokenizer.json")

    @staticmethod
    def shelf(name: str) -> Path:
        """Where `homebody models` puts one."""
        return picture_model_dir(name)

    def refuse(self, messages: Sequence[ChatMessage]) -> None:
        """It answers nothing without a picture, and sees one."""
        pictures = sum(len(message.images) for message in messages)
        if messages and pictures != 1:
            reason = "The picture model only describes pictures." if pictures == 0 else "It sees one picture at once."
            raise NotCapable(reason, CHOOSE_ANOTHER)

    def remedy(self, name: str, folder: Path) -> str:
        """The Hub's are fetched."""
        return f"Fetch it with: homebody models pull {name}" if "/" in name.strip("/") else super().remedy(name, folder)

    def load(self, folder: Path) -> Load:
        """As ``router.text.transformers`` says."""
        own = self._options.transformers
        return Load(str(folder), own.device, own.compute_type, own.threads, PARALLEL)
