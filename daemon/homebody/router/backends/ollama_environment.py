"""How an Ollama server is to be started for a profile: its environment variables. Pure.

``OLLAMA_*`` are its own (envconfig/config.go); ``LLAMA_ARG_*`` are llama-server's, which Ollama runs models in since
v0.30 and hands its environment to. homebody never changes a server that others started.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from homebody.options import RouterOptions

DEFAULT_PORT: Final = 11434


def environment(options: RouterOptions) -> dict[str, str]:
    """Variables and their values, in a fixed order."""
    server = options.server
    url = urlsplit(options.text.base_url)
    return {
        "OLLAMA_HOST": f"{url.hostname or '127.0.0.1'}:{url.port or DEFAULT_PORT}",
        "OLLAMA_NO_CLOUD": "1",  # nothing leaves the house
        "OLLAMA_FLASH_ATTENTION": "1" if server.flash_attention else "0",
        "OLLAMA_KV_CACHE_TYPE": server.kv_cache_type,
        "OLLAMA_NUM_PARALLEL": str(server.parallel),
        "OLLAMA_MAX_LOADED_MODELS": str(server.loaded_models),
        "OLLAMA_KEEP_ALIVE": options.text.keep_alive,
        "LLAMA_ARG_CACHE_RAM": str(server.prompt_cache_mib),
        **({"LLAMA_ARG_IMAGE_MAX_TOKENS": str(server.image_tokens)} if server.image_tokens else {}),
    }
