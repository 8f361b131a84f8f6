"""What was chosen at `homebody install`, so that the next one, after an upgrade, need not be told again."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from homebody.paths import config_dir
from homebody.setup.steps import Step, removing, writing

log = logging.getLogger(__name__)


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What the person chose.

    Attributes:
        profile: A shipped profile's name or an absolute path; None: what homebody.toml says.
        always_listening: The voice answers whatever is said.
        turned_linger_on: Lingering was off before, so that it is turned off again by `homebody uninstall`.
    """

    profile: str | None = None
    always_listening: bool = False
    turned_linger_on: bool = False


def path() -> Path:
    """Where it is kept."""
    return config_dir() / "installed.json"


def read() -> Choices:
    """What was chosen last; the defaults where nothing was, or where it cannot be read."""
    try:
        return msgspec.json.decode(path().read_bytes(), type=Choices)
    except FileNotFoundError:
        return Choices()
    except (OSError, msgspec.DecodeError):
        log.warning("%s cannot be read; starting from the defaults", path())
        return Choices()


def keeping(choices: Choices) -> list[Step]:
    """What makes these be remembered."""
    return writing(path(), msgspec.json.format(msgspec.json.encode(choices)) + b"\n")


def forgetting() -> list[Step]:
    """What makes all be forgotten; the person's own files beside it stay."""
    record = removing(path())
    return [*record, *removing(config_dir(), if_empty=True)] if record else []
