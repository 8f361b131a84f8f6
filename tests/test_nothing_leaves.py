"""Libraries that would report home are kept from it, in every process that imports homebody."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.processes

SCRIPT = """
import homebody.starter
import onnxruntime
onnxruntime.InferenceSession(str(homebody.starter.voice()), providers=["CPUExecutionProvider"])
"""


def test_onnxruntime_makes_no_device_id_and_keeps_no_events(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    environment |= {"HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", SCRIPT], env=environment, check=True, timeout=60, capture_output=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
