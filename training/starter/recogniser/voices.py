"""Voices of Debian's free speech synthesisers: espeak-ng, flite and festival. Some are kept out of training.

Packages: espeak-ng, flite, festival, festvox-kallpc16k, festvox-kdlpc16k, festvox-us-slt-hts.
"""

from __future__ import annotations

import contextlib
import random
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import soxr

from homebody.voice.audio import RATE_HZ, Samples
from homebody.voice.recordings import read_audio

PEAK: Final = 0.7
_DEADLINE_S: Final = 120.0
_AROUND_S: Final = 0.02  # left of the silence before the first sound, and after the last
_AUDIBLE: Final = 1e-5  # mean square of 10 ms, of the full scale

ACCENTS: Final = (
    "en-us", "en-us", "en-us", "en-gb", "en-gb", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029",
    "en-us-nyc", "en-gb-scotland",
)  # fmt: skip
# Synthesiser and voice; None among the accents: kept out whatever the accent.
KEPT_OUT: Final = (
    ("flite", "rms"), ("festival", "ked_diphone"), ("espeak-ng", "en-us+f5"), ("espeak-ng", "en-gb-scotland+m7"),
)  # fmt: skip
KEPT_OUT_VARIANTS: Final = frozenset(("f5", "m7", "anika", "klatt3", "alicia", "michel"))
# Variants that no person sounds like.
_EFFECTS: Final = frozenset(
    "Demonic UniRobot announcer fast croak anikaRobot AnxiousAndy Tweaky Mr whisper whisperf robosoft robosoft2 "
    "robosoft3 robosoft4 robosoft5 robosoft6 robosoft7 robosoft8 RicishayMax RicishayMax2 RicishayMax3".split()
)
_PLAIN_VARIANT: Final = re.compile(r"[fm]\d|klatt\d?")
FLITE: Final = ("slt", "awb", "kal16", "kal")
FESTIVAL: Final = ("cmu_us_slt_arctic_hts", "kal_diphone")
_SYNTHESISERS: Final = {"espeak-ng": 0.42, "flite slt": 0.17, "flite awb": 0.17, "flite kal16": 0.07, "flite kal": 0.03,
                        "festival cmu_us_slt_arctic_hts": 0.07, "festival kal_diphone": 0.07}  # fmt: skip
# What batches are drawn from, by `group`. The corpus has more of festival, which says many sentences at once.
HEARD: Final = {"espeak-ng": 0.4, "flite slt": 0.13, "flite awb": 0.14, "flite kal16": 0.1, "flite kal": 0.03,
                "festival cmu_us_slt_arctic_hts": 0.08, "festival kal_diphone": 0.12}  # fmt: skip

_OTHER_MELODY: Final = 0.75  # of what flite says
_LOWEST_HZ, _HIGHEST_HZ = 75.0, 260.0


class Voice(NamedTuple):
    """A voice and how it speaks.

    Attributes:
        synthesiser, name: As in `KEPT_OUT`.
        stretch: Of the durations: above 1 slower.
        pitch: 0 to 1, of what the synthesiser can do.
        resample: Pitch and vocal tract together, above 1 higher; the length is kept by `stretch`.
        melody_hz: flite's mean pitch and its deviation, before ``resample``; None: the voice's own.
    """

    synthesiser: str
    name: str
    stretch: float = 1.0
    pitch: float = 0.5
    resample: float = 1.0
    melody_hz: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """For tables."""
        return f"{self.synthesiser} {self.name}"


def group(label: str) -> str:
    """Of a `Voice.label`: the synthesiser and its voice, espeak-ng's all together."""
    return "espeak-ng" if label.startswith("espeak-ng") else label


def variants() -> list[str]:
    """espeak-ng's."""
    listing = subprocess.run(["espeak-ng", "--voices=variant"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"!v/(\S+)", listing)


def trained_on(known: Sequence[str]) -> list[str]:
    """Those variants that may be."""
    return sorted(name for name in known if name not in _EFFECTS | KEPT_OUT_VARIANTS)


class Cast:
    """Draws voices to train on.

    Args:
        rng: Where chance comes from.
        known: espeak-ng's variants; None: those that are installed.
    """

    def __init__(self, rng: random.Random, known: Sequence[str] | None = None) -> None:
        self._rng = rng
        self._all = trained_on(variants() if known is None else known)
        self._plain = [name for name in self._all if _PLAIN_VARIANT.fullmatch(name)]

    def any(self) -> Voice:
        """Some voice in some manner."""
        rng = self._rng
        synthesiser, _, name = rng.choices(list(_SYNTHESISERS), list(_SYNTHESISERS.values()))[0].partition(" ")
        resample = rng.uniform(0.84, 1.2) if rng.random() < 0.75 else 1.0
        if synthesiser == "espeak-ng":
            variant = rng.choice(self._plain if rng.random() < 0.6 else self._all)
            name = rng.choice(ACCENTS) + (f"+{variant}" if rng.random() < 0.9 else "")
            resample = 1 + (resample - 1) / 2  # the variants bring their own tracts
        stretch = rng.uniform(0.78, 1.3)
        melody_hz = None
        if synthesiser == "flite" and rng.random() < _OTHER_MELODY:  # a woman's voice as low as a man's, and so on
            melody_hz = _LOWEST_HZ * (_HIGHEST_HZ / _LOWEST_HZ) ** rng.random(), rng.uniform(4, 36)
        return Voice(synthesiser, name, stretch, rng.uniform(0.15, 0.85), resample, melody_hz)


def kept_out(rng: random.Random) -> list[Voice]:
    """The voices to test with, in some manner."""
    return [Voice(synthesiser, name, rng.uniform(0.9, 1.15)) for synthesiser, name in KEPT_OUT]


def said_as(text: str) -> str:
    """The text for a synthesiser: "am" after a time is two letters, "cpu" three, a word like any other is left."""
    text = re.sub(r"\bmic\b", "mike", text)  # some say "mick"
    time = r"((?:\b(?:o'clock|\w*(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|teen|ty))) )"
    text = re.sub(time + r"(am|pm)\b", lambda m: m[1] + m[2].upper(), text)
    return re.sub(
        r"\b(?:pm|cpu|usb|tv|dna|url|api|ip|json)\b", lambda m: m[0].upper() if m[0] != "json" else "jason", text
    )


def speak(voice: Voice, texts: Sequence[str]) -> list[Samples | None]:
    """These sentences in this voice, without silence around, at `RATE_HZ`; None for what it could not say."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.wav" for number in range(len(texts))]
        said = [said_as(text) for text in texts]
        if voice.synthesiser == "festival":
            _run(["festival", "-b"], _festival(voice, said, paths, Path(folder) / "script.scm"))
        else:
            for text, path in zip(said, paths, strict=True):
                _run(_command(voice, text, path))
        return [_finished(path, voice.resample) if path.exists() else None for path in paths]


def _run(command: Sequence[str], *more: str) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):  # what it did not finish is None
        subprocess.run([*command, *more], check=False, capture_output=True, timeout=_DEADLINE_S)


def _command(voice: Voice, text: str, path: Path) -> list[str]:
    stretch = voice.stretch * voice.resample
    if voice.synthesiser == "espeak-ng":
        rate = str(round(160 / stretch))
        return ["espeak-ng", "-v", voice.name, "-s", rate, "-p", str(round(100 * voice.pitch)), "-w", str(path), text]
    settings = ["--setf", f"duration_stretch={stretch:.2f}"]
    if voice.melody_hz is not None:
        mean_hz, deviation_hz = voice.melody_hz
        settings += [
            "--setf",
            f"int_f0_target_mean={mean_hz:.0f}",
            "--setf",
            f"int_f0_target_stddev={deviation_hz:.0f}",
        ]
    return ["flite", "-voice", voice.name, *settings, "-t", text, "-o", str(path)]


def _festival(voice: Voice, texts: Sequence[str], paths: Sequence[Path], script: Path) -> str:
    lines = [f"(voice_{voice.name})", f"(Parameter.set 'Duration_Stretch {voice.stretch * voice.resample:.2f})"]
    lines += [
        f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{path}" \'riff)'
        for text, path in zip(texts, paths, strict=True)
    ]
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(script)


def _finished(path: Path, resample: float) -> Samples | None:
    try:
        samples = read_audio(path).samples
    except Exception:  # a synthesiser that broke off leaves anything behind
        return None
    if resample != 1.0 and len(samples):
        samples = soxr.resample(samples, RATE_HZ, RATE_HZ / resample)
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < 1e-3:
        return None
    samples = samples * np.float32(PEAK / peak)
    power = np.convolve(samples**2, np.full(160, 1 / 160, np.float32), "same")
    loud = np.flatnonzero(power > _AUDIBLE)
    if len(loud) < RATE_HZ // 10:
        return None
    around = round(_AROUND_S * RATE_HZ)
    return np.ascontiguousarray(samples[max(0, loud[0] - around) : loud[-1] + around], np.float32)
