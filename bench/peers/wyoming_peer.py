"""wyoming-faster-whisper and wyoming-piper as Home Assistant's voice pipeline calls them. Runs in an environment of its
own; both servers run as they are started by default, as processes of their own.

What Home Assistant does between them is done here: microVAD on each 10 ms, its segmenter (0.7 s of silence), the sound
streamed to the recogniser while it is spoken, then the reply's text to Piper. Left out, all to its favour: the way to
and from a satellite in another room, and Home Assistant's own sentences.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import glue
from segmenter import Segmenter

CHUNK_SAMPLES = glue.RATE_HZ // 100  # Home Assistant's 10 ms
SPEECH = 0.5  # its threshold
START_LIMIT_S = 120.0
STT, TTS = "wyoming_faster_whisper", "wyoming_piper"


async def started(module: str, folder: Path, *arguments: str) -> tuple[asyncio.subprocess.Process, str]:
    """A Wyoming server, and its address once it answers there."""
    from wyoming.client import AsyncClient
    from wyoming.info import Describe

    uri = f"unix://{folder / module}"
    data = ("--uri", uri, "--data-dir", str(folder))
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *data, *arguments)
    async with asyncio.timeout(START_LIMIT_S):
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"{module} ended with {process.returncode}")
            try:
                async with AsyncClient.from_uri(uri) as client:
                    await client.write_event(Describe().event())
                    if await client.read_event():
                        return process, uri
            except OSError:
                await asyncio.sleep(0.1)


async def transcript(uri: str, heard: asyncio.Queue[bytes], language: str) -> str:
    """What is said next."""
    from pymicro_vad import MicroVad
    from wyoming.asr import Transcribe, Transcript
    from wyoming.audio import AudioChunk, AudioStart, AudioStop
    from wyoming.client import AsyncClient

    vad, segmenter = MicroVad(), Segmenter()
    sound: dict[str, int] = {"rate": glue.RATE_HZ, "width": 2, "channels": 1}
    async with AsyncClient.from_uri(uri) as client:
        await client.write_event(Transcribe(language=language).event())
        await client.write_event(AudioStart(**sound).event())
        while True:
            chunk = await heard.get()
            await client.write_event(AudioChunk(audio=chunk, **sound).event())
            if not segmenter.goes_on(CHUNK_SAMPLES / glue.RATE_HZ, vad.Process10ms(chunk) > SPEECH):
                break
        await client.write_event(AudioStop().event())
        while event := await client.read_event():
            if Transcript.is_type(event.type):
                return str(Transcript.from_event(event).text).strip()
    return ""


async def say(uri: str, text: str, speaker: glue.Loudspeaker) -> None:
    """Play what Piper's server sends, as it comes."""
    from wyoming.audio import AudioChunk, AudioStop
    from wyoming.client import AsyncClient
    from wyoming.tts import Synthesize

    async with AsyncClient.from_uri(uri) as client:
        await client.write_event(Synthesize(text=text).event())
        while event := await client.read_event():
            if AudioChunk.is_type(event.type):
                speaker.play(AudioChunk.from_event(event).audio)
            elif AudioStop.is_type(event.type):
                return


def voice_rate_hz(voice: Path) -> int:
    """Of the sound this Piper voice makes."""
    import json

    return int(json.loads(Path(f"{voice}.json").read_text(encoding="utf-8"))["audio"]["sample_rate"])


async def main() -> None:
    """Answer until the driver ends."""
    driver, options = glue.Driver(), glue.options()
    import sounddevice

    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    listening = False

    def take(data: Any, *_: Any) -> None:
        if listening:
            loop.call_soon_threadsafe(heard.put_nowait, bytes(data))

    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hbw")))
        stt, stt_uri = await started(STT, folder, "--model", str(options.recogniser), "--language", options.language)
        stack.callback(stt.terminate)
        tts, tts_uri = await started(TTS, folder, "--voice", str(options.voice))
        stack.callback(tts.terminate)
        speaker = glue.Loudspeaker(voice_rate_hz(options.voice), options.latency_ms)
        microphone = sounddevice.RawInputStream(
            samplerate=glue.RATE_HZ,
            channels=1,
            dtype="int16",
            device=glue.MICROPHONE,
            blocksize=CHUNK_SAMPLES,
            callback=take,
        )
        stack.enter_context(microphone)
        driver.ready("wyoming-faster-whisper", "wyoming-piper", "faster-whisper", "piper-tts", "pymicro-vad")
        asked = driver.asked()
        while await asyncio.to_thread(lambda: next(asked, "end")) != "end":
            while not heard.empty():
                heard.get_nowait()
            listening = True
            driver.tell("listening")
            text = await transcript(stt_uri, heard, options.language)
            listening = False
            driver.tell("heard", text=text)
            await say(tts_uri, options.reply, speaker)
            await asyncio.to_thread(speaker.drain)
            driver.tell("spoken")


if __name__ == "__main__":
    asyncio.run(main())
