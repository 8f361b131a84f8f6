"""The starter voice: whole, small, and under the notice of those whom it learned from."""

from __future__ import annotations

import hashlib

import msgspec

from homebody import starter

FOLDER = starter.voice().parent
MANIFEST = msgspec.json.decode((FOLDER / "manifest.json").read_bytes())
LIMIT_BYTES = 8_000_000


def test_the_manifest_describes_the_files_that_are_there_and_no_others():
    files = {path.name: path for path in FOLDER.iterdir() if path.name != "manifest.json"}
    assert set(MANIFEST["files"]) == set(files)
    for name, said in MANIFEST["files"].items():
        content = files[name].read_bytes()
        assert (said["sha256"], said["size_bytes"]) == (hashlib.sha256(content).hexdigest(), len(content)), name


def test_the_manifest_says_when_and_by_what_it_was_made():
    assert {"date", "made_by", "recipe_revision", "steps", "sentences", "parameters", "licence"} <= set(MANIFEST)


def test_the_voice_is_small():
    assert MANIFEST["files"]["starter.onnx"]["size_bytes"] <= LIMIT_BYTES


def test_the_notice_names_the_voice_it_learned_from_and_its_authors_licence_travels_with_it():
    assert '"rms"' in (FOLDER / "NOTICE.md").read_text()
    assert "Carnegie Mellon University" in (FOLDER / "COPYRIGHT.flite.txt").read_text()
