"""A pipeline that waits for everything: the published settings of isair/jarvis (revision de93d67, 2026), rebuilt.

From its ``config.py`` and ``listening/listener.py``: WebRTC voice detection (2) in frames of 20 ms, 240 ms before, the
end after 800 ms of silence, Whisper with faster-whisper's own 30 s window, beam of 5, all cores, the language detected,
no timestamps and no earlier text on a processor. From its ``output/tts.py``: the whole reply is synthesised before any
of it sounds. Left out, all to its favour: its model is *small* or *medium* (here: the same as everybody's), its wake
word is sought in the transcript, and a language model judges whether it was meant.
"""

from __future__ import annotations

import os
import queue
from collections import deque
from collections.abc import Iterator

import glue

FRAME_MS = 20
FRAME_BYTES = 2 * glue.RATE_HZ * FRAME_MS // 1000
PRE_ROLL_MS = 240
ENDPOINT_SILENCE_MS = 800
MAX_UTTERANCE_MS = 12_000
AGGRESSIVENESS = 2


def utterance(frames: Iterator[tuple[bytes, bool]]) -> bytes:
    """The frames of one utterance: from before its first voice until the silence after it. Silence is not kept."""
    before: deque[bytes] = deque(maxlen=PRE_ROLL_MS // FRAME_MS)
    kept: list[bytes] = []
    silent_ms = 0
    for frame, voiced in frames:
        if voiced:
            if not kept:
                kept.extend(before)
            kept.append(frame)
            silent_ms = 0
        elif kept:
            silent_ms += FRAME_MS
            if silent_ms >= ENDPOINT_SILENCE_MS or len(kept) * FRAME_MS >= MAX_UTTERANCE_MS:
                break
        else:
            before.append(frame)
    return b"".join(kept)


def main() -> None:
    """Answer until the driver ends."""
    driver, options = glue.Driver(), glue.options()
    import numpy as np
    import sounddevice
    import webrtcvad
    from faster_whisper import WhisperModel
    from piper import PiperVoice

    model = WhisperModel(str(options.recogniser), device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 4)
    voice = PiperVoice.load(options.voice)
    speaker = glue.Loudspeaker(voice.config.sample_rate, options.latency_ms)
    detector = webrtcvad.Vad(AGGRESSIVENESS)
    heard: queue.Queue[bytes] = queue.Queue()
    microphone = sounddevice.RawInputStream(
        samplerate=glue.RATE_HZ,
        channels=1,
        dtype="int16",
        device=glue.MICROPHONE,
        blocksize=FRAME_BYTES // 2,
        callback=lambda data, *_: heard.put(bytes(data)),
    )

    def frames() -> Iterator[tuple[bytes, bool]]:
        while True:
            frame = heard.get()
            yield frame, detector.is_speech(frame, glue.RATE_HZ)

    driver.ready("faster-whisper", "webrtcvad-wheels", "piper-tts")
    with microphone:
        for _ in driver.asked():
            while not heard.empty():
                heard.get_nowait()
            driver.tell("listening")
            samples = np.frombuffer(utterance(frames()), np.int16).astype(np.float32) / 32768
            segments, _info = model.transcribe(
                samples, language=None, vad_filter=False, condition_on_previous_text=False, without_timestamps=True
            )
            driver.tell("heard", text=" ".join(segment.text for segment in segments).strip())
            speaker.play(b"".join(chunk.audio_int16_bytes for chunk in voice.synthesize(options.reply)))
            speaker.drain()
            driver.tell("spoken")


if __name__ == "__main__":
    main()
