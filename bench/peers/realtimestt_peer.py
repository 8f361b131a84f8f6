"""RealtimeSTT, and Piper speaking sentence by sentence. Runs in an environment of its own.

RealtimeSTT's own defaults, but for the model's path, the language and the processor, which whoever uses it sets too.
"""

from __future__ import annotations

import glue


def main() -> None:
    """Answer until the driver ends."""
    driver, options = glue.Driver(), glue.options()
    from piper import PiperVoice
    from RealtimeSTT import AudioToTextRecorder

    voice = PiperVoice.load(options.voice)
    speaker = glue.Loudspeaker(voice.config.sample_rate, options.latency_ms)
    recorder = AudioToTextRecorder(
        model=str(options.recogniser),
        language=options.language,
        device="cpu",
        spinner=False,
        no_log_file=True,
    )
    recorder.set_microphone(False)  # else it also takes in what the others are asked, and answers that first
    driver.ready("RealtimeSTT", "faster-whisper", "silero-vad", "torch", "piper-tts")
    for _ in driver.asked():
        recorder.clear_audio_queue()
        recorder.set_microphone(True)
        driver.tell("listening")
        text = recorder.text()
        recorder.set_microphone(False)
        driver.tell("heard", text=text)
        for chunk in voice.synthesize(options.reply):
            speaker.play(chunk.audio_int16_bytes)
        speaker.drain()
        driver.tell("spoken")
    recorder.shutdown()


if __name__ == "__main__":  # it starts processes that import this module
    main()
