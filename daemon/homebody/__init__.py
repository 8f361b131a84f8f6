"""homebody: a voice assistant that runs wholly on its owner's machine."""

import os

__version__ = "0.1.0"

# Nothing leaves the house: onnxruntime (seen in 1.31) otherwise makes a device id and keeps events for its maker; the
# Hub's client counts downloads. Both look at the environment when they are imported, so it must be set before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
