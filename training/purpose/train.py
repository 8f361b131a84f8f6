"""Train the purpose classifier and write it into the package, with its manifest.

    python training/purpose/train.py

Two to three minutes on two cores, the cross-validation included; the same bytes each time on the same machine.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import msgspec

from homebody.bench.purpose_training import cross_validated, read_set, scored, trained
from homebody.router.purpose import MANIFEST_PATH, MODEL_PATH, Weights
from homebody.router.purpose_features import VERSION

SET = Path(__file__).parents[2] / "tests" / "data" / "purposes.jsonl"


def main() -> int:
    """Train, judge, write."""
    rows = read_set(SET)
    score = scored(cross_validated(rows), language=None)
    weights = msgspec.msgpack.encode(Weights(text=trained(rows, has_image=False), image=trained(rows, has_image=True)))
    MODEL_PATH.write_bytes(weights)
    manifest = {
        "model": MODEL_PATH.name,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "size_bytes": len(weights),
        "made_by": "python training/purpose/train.py",
        "features_version": VERSION,
        "set": "tests/data/purposes.jsonl",
        "set_sha256": hashlib.sha256(SET.read_bytes()).hexdigest(),
        "rows": len(rows),
        "phrasings": len({row.phrasing for row in rows}),
        "cross_validation": {
            "folds": 10,
            "accuracy": score.accuracy,
            "strict": score.strict,
            "live_precision": score.live_precision,
            "live_recall": score.live_recall,
        },
    }
    MANIFEST_PATH.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    sys.stdout.write(msgspec.json.encode(manifest).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
