"""Whether the gallery has anything to do, as systemd asks before it starts it."""

from __future__ import annotations

import types

import pytest

from homebody import profile as profiles
from homebody.setup import wanted


@pytest.mark.parametrize(("folders", "status"), [(("/pictures",), 0), ((), 1)], ids=["a folder", "none"])
def test_the_gallery_is_wanted_where_a_folder_is_named(folders, status, monkeypatch):
    found = types.SimpleNamespace(gallery=types.SimpleNamespace(folders=folders))
    monkeypatch.setattr(profiles, "load", lambda name: found)
    assert wanted.main(["gallery"]) == status


def test_a_profile_without_such_a_table_wants_nothing(monkeypatch):
    monkeypatch.setattr(profiles, "load", lambda name: types.SimpleNamespace())
    assert wanted.main(["gallery", "embedded"]) == 1


def test_a_profile_that_is_refused_is_a_failure_and_said(capsys):
    assert wanted.main(["gallery", "nonsense"]) == 255
    assert "nonsense" in capsys.readouterr().err
