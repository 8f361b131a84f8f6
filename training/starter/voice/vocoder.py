"""From frames to sound, as nodes of a graph: pulses and noise, each through a filter. Nothing of it is learned.

The source-filter model of speech: a train of band-limited pulses at the pitch (in closed form, the Dirichlet kernel)
and noise that is stored, so that the same words sound the same, both through a minimum-phase filter made of the bands
(Oppenheim and Schafer, Discrete-Time Signal Processing: the folded cepstrum), frame by frame, overlapped and added.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import TensorProto

from voice.frames import HOP, RATE_HZ, Double, interpolation, noise_bins
from voice.graph import Graph, Value

FFT: Final = 512
WINDOW: Final = 2 * HOP  # Hann's: two of them, a hop apart, add up to one
BINS: Final = FFT // 2 + 1
LOWEST_HZ: Final = 50.0
HIGHEST_HZ: Final = 500.0
LOUDEST: Final = 6.0  # of the logarithm
NOISE_SAMPLES: Final = 32_003  # a prime: its repetitions fall on other places of the frames
SMOOTH_BINS: Final = 17  # over which one band of aperiodicity passes into the next
_LEAST: Final = 1e-6


def minimum_phase() -> Double:
    """`BINS` x `BINS`: the phase, in radians, that goes with a logarithm of the magnitude (``log @ matrix``)."""
    half = np.eye(BINS)
    cepstrum = np.fft.ifft(np.concatenate([half, half[:, -2:0:-1]], axis=1), axis=1).real
    cepstrum[:, 1 : FFT // 2] *= 2
    cepstrum[:, FFT // 2 + 1 :] = 0
    return np.asarray(np.fft.fft(cepstrum, axis=1).imag[:, :BINS], np.float64)


def sound(
    graph: Graph, bands: Value, noises: Value, voiced: Value, pitch_hz: Value, length: Value, hiss: Value
) -> Value:
    """Samples, float32, T * `HOP` of them, -1 to 1.

    Args:
        graph: To write into.
        bands: T x `BANDS`, as in `frames`.
        noises: T x `NOISES`.
        voiced: T, 0 to 1.
        pitch_hz: T, above 0 everywhere.
        length: int64, 1: T.
        hiss: 1: how loud the noise is; 1.0 as analysed.
    """
    to_bins = interpolation(BINS)
    magnitude = graph.op("Exp", graph.op("Min", graph.op("MatMul", bands, graph.real(to_bins.T)), graph.real(LOUDEST)))
    phase = graph.op("MatMul", bands, graph.real(to_bins.T @ minimum_phase()))
    filter_real, filter_imaginary = (graph.mul(magnitude, graph.op(part, phase)) for part in ("Cos", "Sin"))
    pulse_share, noise_share = _shares(graph, noises, voiced)
    pulse_real, pulse_imaginary = _spectra(graph, _pulses(graph, pitch_hz))
    samples = graph.mul(length, graph.whole([HOP]))
    noise_real, noise_imaginary = _spectra(graph, graph.mul(_noise(graph, samples), hiss))
    real = graph.add(graph.mul(pulse_real, pulse_share), graph.mul(noise_real, noise_share))
    imaginary = graph.add(graph.mul(pulse_imaginary, pulse_share), graph.mul(noise_imaginary, noise_share))
    filtered = graph.join(
        graph.sub(graph.mul(real, filter_real), graph.mul(imaginary, filter_imaginary)),
        graph.add(graph.mul(real, filter_imaginary), graph.mul(imaginary, filter_real)),
        axis=1,
    )
    return graph.clip(_overlapped(graph, filtered, samples), -1, 1)


def _shares(graph: Graph, noises: Value, voiced: Value) -> tuple[Value, Value]:
    """Of pulses and of noise in each bin, their squares adding up to 1."""
    kernel = np.ones(SMOOTH_BINS) / SMOOTH_BINS
    padded = np.pad(noise_bins(BINS), ((0, 0), (SMOOTH_BINS // 2, SMOOTH_BINS // 2)), mode="edge")
    smooth = np.stack([np.convolve(row, kernel, "valid") for row in padded])
    rough = graph.clip(graph.op("MatMul", noises, graph.real(smooth)), 0, 1)
    clear = graph.op("Sqrt", graph.op("Max", graph.sub(graph.real(1), graph.mul(rough, rough)), graph.real(_LEAST)))
    pulses = graph.mul(graph.op("Unsqueeze", voiced, graph.whole([1])), clear)
    rest = graph.op("Max", graph.sub(graph.real(1), graph.mul(pulses, pulses)), graph.real(_LEAST))
    return pulses, graph.op("Sqrt", rest)


def _pulses(graph: Graph, pitch_hz: Value) -> Value:
    """One a period, of all harmonics below half the rate, of the mean power of the noise and without a constant part.

    The phase is summed in float64: in float32 the pitch of a long sentence would drift.
    """
    frames = graph.shaped(graph.clip(pitch_hz, LOWEST_HZ, HIGHEST_HZ), [1, 1, -1])
    hz = graph.shaped(graph.op("Resize", frames, "", graph.real([1, 1, HOP]), mode="linear"), [-1])
    turns = graph.running(graph.op("Cast", graph.div(hz, graph.real(RATE_HZ)), to=TensorProto.DOUBLE))
    angle = graph.mul(graph.as_real(graph.sub(turns, graph.op("Floor", turns))), graph.real(np.pi))
    harmonics = graph.op("Floor", graph.div(graph.real(RATE_HZ * 0.49), hz))
    terms = graph.add(graph.mul(harmonics, graph.real(2)), graph.real(1))
    sine = graph.op("Sin", angle)
    is_peak = graph.op("Less", sine, graph.real(1e-4))
    kernel = graph.div(graph.op("Sin", graph.mul(angle, terms)), graph.op("Where", is_peak, graph.real(1), sine))
    kernel = graph.op("Where", is_peak, terms, kernel)
    return graph.div(graph.sub(kernel, graph.real(1)), graph.op("Sqrt", graph.div(graph.real(RATE_HZ), hz)))


def _noise(graph: Graph, samples: Value) -> Value:
    """White, of unit power, the same each time."""
    stored = np.random.RandomState(1).randn(NOISE_SAMPLES)  # a legacy generator's numbers never change
    at = graph.op("Range", graph.whole(0), graph.shaped(samples, []), graph.whole(1))
    return graph.op("Gather", graph.half(stored), graph.op("Mod", at, graph.whole(NOISE_SAMPLES)))


def _spectra(graph: Graph, samples: Value) -> list[Value]:
    """Real and imaginary parts, T x `BINS` each, of each hop and the one before it."""
    at, bins = np.arange(WINDOW), np.arange(BINS)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (at + 0.5) / WINDOW)
    turn = 2 * np.pi * at[:, None] * bins / FFT
    transform = np.concatenate([window[:, None] * np.cos(turn), -window[:, None] * np.sin(turn)], axis=1)
    hops = graph.shaped(samples, [-1, HOP])
    before = graph.op("Pad", graph.cut(hops, 0, -1), graph.whole([1, 0, 0, 0]))
    spectra = graph.op("MatMul", graph.join(before, hops, axis=1), graph.real(transform))
    return graph.ops("Split", spectra, axis=1, num_outputs=2, count=2)


def _overlapped(graph: Graph, spectra: Value, samples: Value) -> Value:
    """The samples of spectra (real and imaginary parts side by side), each added to those before it."""
    at, bins = np.arange(FFT), np.arange(BINS)
    twice = np.full(BINS, 2.0)
    twice[[0, -1]] = 1
    turn = 2 * np.pi * bins[:, None] * at / FFT
    inverse = np.concatenate([twice[:, None] * np.cos(turn), -twice[:, None] * np.sin(turn)]) / FFT
    parts = FFT // HOP
    whole = ""
    hops = graph.ops("Split", graph.op("MatMul", spectra, graph.real(inverse)), axis=1, num_outputs=parts, count=parts)
    for number, hop in enumerate(hops):
        placed = graph.op("Pad", hop, graph.whole([number, 0, parts - 1 - number, 0]))
        whole = graph.add(whole, placed) if whole else placed
    begin = graph.whole([HOP])  # the first window began a hop before the first sample
    return graph.op("Slice", graph.shaped(whole, [-1]), begin, graph.add(samples, begin))
