"""CTranslate2: a quantised language model that homebody runs itself, without a server.

A model is a folder in CTranslate2's format with the tokenizer's own files beside it: model.bin, config.json,
vocabulary.json, tokenizer.json and tokenizer_config.json. The name ``starter`` means the talker that travels with
homebody.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from homebody import starter
from homebody.errors import NotCapable
from homebody.paths import text_model_dir
from homebody.router.backends import ChatMessage
from homebody.router.backends.model_process import ModelWorker
from homebody.router.backends.model_wire import Load
from homebody.router.backends.worker_backend import CHOOSE_ANOTHER, PARALLEL, WorkerBackend


class CTranslate2Worker(ModelWorker):
    """Runs `ctranslate2_worker`."""

    module = "homebody.router.backends.ctranslate2_worker"
    engine = "ctranslate2"
    families = "Qwen 2 or 3, DeepSeek R1 Distill or Llama 3"


class CTranslate2Backend(WorkerBackend):
    """A language model in CTranslate2's format."""

    worker = CTranslate2Worker
    files = ("model.bin", "config.json", "tokenizer.json")

    @staticmethod
    def shelf(name: str) -> Path:
        """Where `homebody models` puts one."""
        return text_model_dir(name)

    def refuse(self, messages: Sequence[ChatMessage]) -> None:
        """It has no eyes."""
        if any(message.images for message in messages):
            raise NotCapable("The language model cannot look at images.", CHOOSE_ANOTHER)

    def load(self, folder: Path) -> Load:
        """As ``router.text.ctranslate2`` says."""
        own = self._options.ctranslate2
        return Load(str(folder), own.device, own.compute_type, own.threads, PARALLEL)

    def where(self, name: str) -> Path:
        """The starter talker's own name means the one that is shipped."""
        return starter.talker() if name == starter.NAME else super().where(name)
