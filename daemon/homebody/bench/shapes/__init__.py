"""Models of the true shape with random weights: how fast they run says how fast the real ones do; nothing else does.

They are written where a model's files are written by a converter, without torch, loaded by the ordinary libraries, and
removed again. Whatever is measured with them is labelled `LABEL`.
"""

from __future__ import annotations

from typing import Final

LABEL: Final = "shape only, not quality"
