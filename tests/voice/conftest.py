"""Of the tests of the whole voice service."""

from __future__ import annotations

import pytest

from homebody.voice import service


@pytest.fixture
def quick(monkeypatch):
    """Time passes faster: the room's microphone is some hundred times as fast as a real one."""
    monkeypatch.setattr(service, "LOOK_S", 0.01)
    monkeypatch.setattr(service, "SOUND_LIMIT_S", 0.1)
    monkeypatch.setattr(service, "ECHO_TAIL_S", 0.0)
