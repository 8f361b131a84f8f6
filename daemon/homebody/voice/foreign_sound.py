"""Whether something is heard that we did not play, told within a tenth of a second though our own words sound as loud.

An echo canceller's output does not tell: what it takes for a rest of our words it takes out, and a person who speaks at
the same time with it. So the room is modelled here once more, without that last step. `EchoModel` foretells our echo;
`ForeignSound` compares what is left of it with what has usually been left. Both are pure: time is a count of samples.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from homebody.voice.audio import RATE_HZ, Samples

BLOCK_SAMPLES: Final = 256  # one step of both: 16 ms
ROOM_S: Final = 0.5  # delay between the devices and reverberation together
# Of the Kalman filter: how much of the path from loudspeaker to microphone stays from block to block; the square of
# what is expected of it at first, which falls by e^2 over its length; and how slowly the person's spectrum is learned.
STAYS: Final = 0.999
EXPECTED: Final = 0.02
SMOOTHING: Final = 0.9

BANDS: Final = 20
LOWEST_HZ: Final = 150.0
HIGHEST_HZ: Final = 7600.0
DIES_AWAY_DB: Final = 2.5  # a block, of an echo the model knows
# What is usually left of our words is a quantile of what is left: a block that leaves more moves it up, one that leaves
# less moves it down; so that a sixth of the blocks leave more.
UP_DB: Final = 1.0
DOWN_DB: Final = 0.2
USUAL_DB: Final = (-15.0, 20.0)  # who is further below our echo than this need not be noticed
NOISE_DB: Final = 12.0  # above the quietest that was heard: not noise
NOISE_RISES_DB: Final = 3.0  # a second
QUIETEST: Final = 1e-4  # power of a band; all of them together: -74 dBFS
CLIP_DB: Final = 12.0  # no band says more than this
SURE_DB: Final = 4.0  # summed up over blocks
SUREST_DB: Final = 3 * SURE_DB
MEETS_S: Final = 1.0  # of our sound: before that, an echo cannot be told from a stranger
ENDS_MS: Final = 192.0  # after so long without it, it has ended
# A loudspeaker that ran dry goes on a little later than the model expects, and all our words are foreign to it. They
# are the same words, though: so much later or earlier they are looked for, in so much of a suspicious sound, and so
# well both must agree there, and so much better than where the model has them.
MOVES_S: Final = 0.064
MOVED_MS: Final = (64.0, 192.0)
AGREES: Final = 0.8
AGREES_BETTER: Final = 0.3
KEPT_S: Final = 1.5
BEFORE_S: Final = 0.25  # of what is kept, from before it was noticed

Spectrum = npt.NDArray[np.complex128]
Powers = npt.NDArray[np.float64]


class EchoModel:
    """What our words sound like at the microphone, learned from what is played and heard.

    A partitioned-block frequency-domain Kalman filter: G. Enzner and P. Vary, "Frequency-domain adaptive Kalman filter
    for acoustic echo control in hands-free telephones", Signal Processing 86 (2006); F. Kuech, E. Mabande and G.
    Enzner, "State-space architecture of the partitioned-block-based acoustic echo controller", ICASSP 2014. It needs
    no detector of double talk: the louder the person, the less it learns. In simulated rooms it takes away 10 dB after
    two or three seconds of speech and 25 dB after ten. About 3 % of one core.
    """

    def __init__(self) -> None:
        parts, bins = math.ceil(ROOM_S * RATE_HZ / BLOCK_SAMPLES), BLOCK_SAMPLES + 1
        self._played: Spectrum = np.zeros((parts, bins), np.complex128)  # the newest block first
        self._path: Spectrum = np.zeros((parts, bins), np.complex128)
        self._known = self._path
        self._doubt: Powers = np.repeat(EXPECTED * np.exp(-2 * np.arange(parts) / parts)[:, np.newaxis], bins, axis=1)
        self._person: Powers = np.full(bins, 1e-6 * BLOCK_SAMPLES)
        self._before = np.zeros(BLOCK_SAMPLES)

    def feed(self, heard: Samples, played: Samples) -> tuple[Samples, Samples]:
        """A block of what was heard and of what was played, `BLOCK_SAMPLES` each; returns what of it was not our echo,
        and our echo."""
        self._played = np.roll(self._played, 1, axis=0)
        self._played[0] = np.fft.rfft(np.concatenate((self._before, played)))
        self._before = played.astype(np.float64)
        echo = np.fft.irfft((self._played * self._path).sum(axis=0))[BLOCK_SAMPLES:]
        left = heard - echo
        self._learn(np.fft.rfft(np.concatenate((np.zeros(BLOCK_SAMPLES), left))))
        return left.astype(np.float32), echo.astype(np.float32)

    def remember(self) -> None:
        """What is known of the room now is what `move` goes back to."""
        self._known = self._path

    def move(self, samples: int) -> None:
        """Our echo comes so many samples later than was known; earlier, where negative."""
        response = np.fft.irfft(self._known, axis=1)[:, :BLOCK_SAMPLES].ravel()
        moved = np.roll(response, samples)
        if samples > 0:
            moved[:samples] = 0
        else:
            moved[len(moved) + samples :] = 0
        self._known = self._path = np.fft.rfft(moved.reshape(-1, BLOCK_SAMPLES), 2 * BLOCK_SAMPLES, axis=1)

    def _learn(self, left: Spectrum) -> None:
        powers = np.abs(self._played) ** 2
        unknown = 0.5 * (powers * self._doubt).sum(axis=0)
        left_powers = np.abs(left) ** 2
        person = np.maximum(left_powers - unknown, 0.05 * left_powers)
        self._person = SMOOTHING * self._person + (1 - SMOOTHING) * person
        step = self._doubt / (unknown + self._person + 1e-6)
        change = np.fft.irfft(step * np.conj(self._played) * left, axis=1)
        change[:, BLOCK_SAMPLES:] = 0  # the response of one part is no longer than a block
        self._path = self._path + np.fft.rfft(change, axis=1)
        stays = STAYS**2
        self._doubt = np.maximum(stays * (1 - 0.5 * step * powers) * self._doubt, 0)
        self._doubt += (1 - stays) * np.abs(self._path) ** 2


class ForeignSound:
    """How long something has been heard that we did not play, and that began while we did.

    In each of `BANDS` bands, what the model leaves is compared with what it usually leaves of an echo as loud, or with
    the room's noise; the mean excess over all bands is summed up while it is positive (a CUSUM test: E. S. Page,
    "Continuous inspection schemes", Biometrika 41, 1954). It is a suspicion, no more: where a loudspeaker distorts, our
    own words look like it now and then.
    """

    def __init__(self) -> None:
        self._model = EchoModel()
        self._heard, self._played = _nothing(), _nothing()
        self._windows = [np.zeros(2 * BLOCK_SAMPLES, np.float32), np.zeros(2 * BLOCK_SAMPLES, np.float32)]
        self._echo = np.full(BANDS, QUIETEST)
        self._usual_db = np.zeros(BANDS)
        self._noise = np.full(BANDS, np.inf)
        self._sum_db = self._quiet_ms = 0.0
        self._kept = _nothing()
        self._recent = np.zeros((2, round((MOVED_MS[1] / 1000 + MOVES_S) * RATE_HZ)), np.float32)  # heard, our echo
        self._kept_ms = 0.0  # of them, since it began
        self._unmet_ms, self._silent_ms = 1000 * MEETS_S, 0.0
        self.sounded_ms = 0.0

    def feed(self, heard: Samples, played: Samples) -> float:
        """What was heard and what was played, equally long; for how many milliseconds it has been somebody else.
        0 after `ENDS_MS` without."""
        self._heard = np.concatenate((self._heard, heard))
        self._played = np.concatenate((self._played, played))
        while len(self._heard) >= BLOCK_SAMPLES:
            self._step(self._heard[:BLOCK_SAMPLES], self._played[:BLOCK_SAMPLES])
            self._heard, self._played = self._heard[BLOCK_SAMPLES:], self._played[BLOCK_SAMPLES:]
        return self.sounded_ms

    @property
    def sound(self) -> Samples:
        """It, as far as our echo could be taken out, from a little before it was noticed; at most `KEPT_S`."""
        return self._kept[-round((self._kept_ms / 1000 + BEFORE_S) * RATE_HZ) :]

    def forget(self) -> None:
        """It was nothing; what is heard next is judged afresh. What is known of the room stays."""
        self._sum_db = self._quiet_ms = self._kept_ms = self.sounded_ms = 0.0

    def _step(self, heard: Samples, played: Samples) -> None:
        step_ms = 1000 * BLOCK_SAMPLES / RATE_HZ
        left, echo = self._model.feed(heard, played)
        self._kept = np.concatenate((self._kept, left))[-round(KEPT_S * RATE_HZ) :]
        self._recent = np.concatenate((self._recent[:, BLOCK_SAMPLES:], (heard, echo)), axis=1)
        if self._sum_db == 0:
            self._model.remember()
        excess_db = self._excess_db(left, echo)
        self._silent_ms = 0.0 if played.any() else self._silent_ms + step_ms
        self._unmet_ms -= step_ms if self._silent_ms == 0 else 0.0
        if self._unmet_ms > 0 or (self._silent_ms > 1000 * ROOM_S and not self.sounded_ms):
            self._sum_db = 0.0
            return
        self._sum_db = min(max(0.0, self._sum_db + excess_db), SUREST_DB)
        if self._sum_db > SURE_DB:
            self.sounded_ms, self._quiet_ms = self.sounded_ms + step_ms, 0.0
        else:
            self._quiet_ms += step_ms
            if self._quiet_ms >= ENDS_MS:
                self.sounded_ms = self._kept_ms = 0.0
        if self.sounded_ms:
            self._kept_ms += step_ms
        if MOVED_MS[0] <= self.sounded_ms <= MOVED_MS[1] and (by := self._moved()):
            self._model.move(by)
            self.forget()
            self._unmet_ms = MOVED_MS[0]  # what is left of the last blocks was still told by the old place

    def _moved(self) -> int:
        """By how many samples our echo is later than expected, where that is what sounds; 0: it is not."""
        count = round(self.sounded_ms / 1000 * RATE_HZ)
        return displacement(self._recent[0, -count:], self._recent[1], round(MOVES_S * RATE_HZ))

    def _excess_db(self, left: Samples, echo: Samples) -> float:
        """How much more is left than usual, the mean of all bands."""
        powers, echo_powers = self._powers(0, left), self._powers(1, echo)
        rise = 10 ** (NOISE_RISES_DB / 10 * BLOCK_SAMPLES / RATE_HZ)
        self._noise = np.minimum(self._noise * rise, np.maximum(powers, QUIETEST))
        self._echo = np.maximum(echo_powers, self._echo * 10 ** (-DIES_AWAY_DB / 10))
        noise_db = _db(self._noise) + NOISE_DB
        ours_db = _db(self._echo) + self._usual_db
        excess_db = _db(powers) - np.maximum(ours_db, noise_db)
        change_db = np.where(excess_db > 0, UP_DB, -DOWN_DB)
        self._usual_db = np.where(ours_db > noise_db, np.clip(self._usual_db + change_db, *USUAL_DB), self._usual_db)
        return float(np.clip(excess_db, -CLIP_DB, CLIP_DB).mean())

    def _powers(self, number: int, block: Samples) -> Powers:
        window = self._windows[number] = np.concatenate((self._windows[number][BLOCK_SAMPLES:], block))
        powers: Powers = _FILTERS @ np.abs(np.fft.rfft(window * _HANN)) ** 2
        return powers


def displacement(heard: Samples, expected: Samples, most: int) -> int:
    """By how many samples what was heard comes later than expected; negative: earlier. 0 where it does not, or was
    something else.

    Args:
        heard: At least a third of it must overlap.
        expected: Ends at the same time, and is longer by ``most``.
        most: Further off it is not looked for.
    """
    sound, ours = np.diff(heard).astype(np.float64), np.diff(expected).astype(np.float64)  # or vowels agree too easily
    size = 1 << (len(sound) + len(ours)).bit_length()
    products = np.fft.irfft(np.fft.rfft(ours, size) * np.conj(np.fft.rfft(sound, size)), size)
    lags = np.arange(-min(most, 2 * len(sound) // 3), most + 1)
    starts = len(ours) - len(sound) - lags  # of what was expected, so much later
    overlap = np.minimum(len(sound), len(ours) - starts)
    powers, ours_powers = (np.concatenate(([0.0], np.cumsum(each**2))) for each in (sound, ours))
    scale = np.sqrt(powers[overlap] * (ours_powers[starts + overlap] - ours_powers[starts])) + 1e-9
    agree = products[starts] / scale
    best = int(np.argmax(agree))
    there = float(agree[np.flatnonzero(lags == 0)[0]])
    return int(lags[best]) if agree[best] >= AGREES and agree[best] >= there + AGREES_BETTER else 0


def _nothing() -> Samples:
    return np.zeros(0, dtype=np.float32)


def _db(powers: Powers) -> Powers:
    levels: Powers = 10 * np.log10(powers + 1e-12)
    return levels


def _filters() -> Powers:
    """Bands of equal width on O'Shaughnessy's mel scale; rows of ones over the bins of a spectrum."""
    lowest, highest = (2595 * math.log10(1 + hz / 700) for hz in (LOWEST_HZ, HIGHEST_HZ))
    edges = 700 * (10 ** (np.linspace(lowest, highest, BANDS + 1) / 2595) - 1)
    bins = np.fft.rfftfreq(2 * BLOCK_SAMPLES, 1 / RATE_HZ)
    return np.array([(bins >= low) & (bins < high) for low, high in itertools.pairwise(edges)], np.float64)


_FILTERS: Final = _filters()
_HANN: Final[npt.NDArray[Any]] = np.hanning(2 * BLOCK_SAMPLES)
