"""`homebody bench regress`: is this build slower, or worse, than what was committed as its baseline?

Ratios and counts, no times, so that the baseline holds on any machine: waits are counted in virtual time and divided by
the silence that the profile asks for, work is processor time beside the library it rests on (`regress_work`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from homebody.bench import regress_waits, regress_work
from homebody.bench.paired import Ratio, ratio
from homebody.bench.regress_waits import SleepingRouter
from homebody.bench.regress_work import TwiceVad, pair_ratios
from homebody.errors import UsageError
from homebody.options import CommitOptions
from homebody.voice.audio import RATE_HZ, Samples

BASELINE: Final = Path(__file__).parent / "regress_baseline.toml"
ROUNDS: Final = 15
SLEEP_S: Final = 0.05
Slowed = Literal["commit", "vad"]


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ratio of the baseline: fails beyond ``ratio * (1 + tolerance)``."""

    ratio: float
    tolerance: float


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was committed."""

    ratios: dict[str, Limit]
    counts: dict[str, int]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One leg.

    Attributes:
        key: Its name.
        worse: It fails.
        ratio: What was measured, of a ratio.
        count: Of a count.
        baseline: What it was compared with.
        limit: Beyond this (below, of a count) it fails.
    """

    key: str
    worse: bool
    ratio: Ratio | None = None
    count: int | None = None
    baseline: float
    limit: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All legs; ``passed``: none is worse."""

    passed: bool
    legs: tuple[Checked, ...]


def baseline(path: Path = BASELINE) -> Baseline:
    """The committed one.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Baseline)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise UsageError(f"{path}: no baseline: {error}.", "Take it from the repository again.") from error


def measure(slowed: frozenset[Slowed] = frozenset(), *, progress: Callable[[str], None]) -> Report:
    """Run the short set; about a minute. Blocks.

    Args:
        slowed: Parts that are slowed down on purpose, to see that it is noticed: ``commit`` sleeps 50 ms before the
            router is asked, ``vad`` computes everything twice.
        progress: Told what is measured.
    """
    return judged(baseline(), *measured(slowed, progress=progress))


def measured(
    slowed: frozenset[Slowed] = frozenset(), *, progress: Callable[[str], None]
) -> tuple[dict[str, Ratio], dict[str, int]]:
    """The ratios and the counts of this build."""
    ratios, silence_ms = {}, CommitOptions().complete_silence_ms
    progress("waits, in virtual time")
    sleep_s = SLEEP_S if "commit" in slowed else 0.0
    waits = regress_waits.waits_ms(lambda router: SleepingRouter(router, sleep_s) if sleep_s else router)
    ratios["commit wait"] = ratio([wait / silence_ms for wait in waits])
    legs = {
        "voice detection": lambda: regress_work.vad(TwiceVad if "vad" in slowed else lambda detector: detector),
        "hearing": regress_work.hearing,
        "speaking": regress_work.speaking,
        "deciding": regress_work.deciding,
    }
    for name, make in legs.items():
        progress(f"{name}, in pairs")
        ours, alone = make()
        ratios[name] = ratio(pair_ratios(ours, alone, ROUNDS))
    progress("what is understood")
    return ratios, _counts()


def _counts() -> dict[str, int]:
    import threading

    from homebody.bench import routing
    from homebody.bench.purpose_training import read_set
    from homebody.options import TranscriberOptions
    from homebody.starter import bundled
    from homebody.voice import whisper_model
    from homebody.voice.recordings import read_audio
    from homebody.voice.whisper_window import UNPROVEN

    options = TranscriberOptions()
    model = whisper_model.load(options)

    def heard(samples: Samples) -> str:
        window_s = UNPROVEN.window_s(len(samples) / RATE_HZ)
        return whisper_model.decode(
            model,
            samples,
            language="en",
            beam_size=1,
            window_s=window_s,
            given_up=threading.Event(),
        ).text

    rows = read_set(routing.OWN_SET)
    return {
        "recordings understood": sum(heard(read_audio(one.path).samples) == one.text for one in bundled()),
        "purposes told": len(rows) - len(routing.mistakes(rows)),
    }


def judged(committed: Baseline, ratios: Mapping[str, Ratio], counts: Mapping[str, int]) -> Report:
    """What was measured against the baseline. Pure. A leg of the baseline that was not measured fails."""
    legs = []
    for key, limit in committed.ratios.items():
        most, found = limit.ratio * (1 + limit.tolerance), ratios.get(key)
        worse = found is None or found.low > most
        legs.append(Checked(key=key, worse=worse, ratio=found, baseline=limit.ratio, limit=most))
    for key, least in committed.counts.items():
        count = counts.get(key)
        legs.append(Checked(key=key, worse=count is None or count < least, count=count, baseline=least, limit=least))
    return Report(passed=not any(leg.worse for leg in legs), legs=tuple(legs))
