"""The whole way of a spoken turn, tried part by part: inside the running services, else in private ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from typing import Final

import msgspec

from homebody.client import HomebodyClient
from homebody.errors import HomebodyError, RemoteFailure
from homebody.house import a_router
from homebody.messages import Accepted, Link, Token
from homebody.profile import Profile
from homebody.voice.assembly import assembled
from homebody.voice.microphone import PortAudioMicrophone
from homebody.voice.self_check import Meter, check
from homebody.voice.speaker import PortAudioSpeaker, SilentSpeaker

SUM: Final = "what is seven times eight"
RESULT: Final = "56"
QUESTION: Final = "Say hello in one word."
VOICE_LIMIT_MS: Final = 60_000.0
ASK_LIMIT_MS: Final = 10_000.0
MODEL_LIMIT_MS: Final = 90_000.0  # a large model may have to be loaded first
SLOW_MS: Final = 8000.0
LISTEN_S: Final = 1.5


async def walked(profile: Profile, name: str | None, *, aloud: bool, has_sound: bool) -> tuple[list[Link], bool]:
    """Each part in the order of a turn, and whether it was tried inside the running services.

    Args:
        profile: What is configured.
        name: What the person chose, for private services.
        aloud: Say something through the loudspeaker.
        has_sound: There is a microphone and a loudspeaker; otherwise neither is opened.
    """
    async with AsyncExitStack() as stack:
        try:
            endpoint, private = await stack.enter_async_context(a_router(profile, name))
            client = await stack.enter_async_context(HomebodyClient.connect(endpoint))
            attached = not private and any(
                service.name == "voice" and service.state == "attached" for service in (await client.status()).services
            )
        except HomebodyError as error:
            return [_fault("router", "router-fails", error)], False
        voice = await (_inside(client, aloud) if attached else _private(profile, client, aloud, has_sound))
        middle = [await _skill(client)]
        if profile.router.text.backend != "none":
            middle.append(await _model(client))
        ears = [link for link in voice if link.part in {"microphone", "hearing"}]
        return [*ears, *middle, *(link for link in voice if link not in ears)], attached


async def _inside(client: HomebodyClient, aloud: bool) -> list[Link]:
    """The running voice service tries itself."""
    try:
        done = await client.control("voice", "check", None if aloud else "quiet", deadline_ms=VOICE_LIMIT_MS)
        return msgspec.convert((done.value or {}).get("links", []), list[Link])
    except HomebodyError as error:
        return [_fault("microphone", "microphone-fails", error)]


async def _private(profile: Profile, client: HomebodyClient, aloud: bool, has_sound: bool) -> list[Link]:
    """The parts of a voice of our own."""
    options = profile.voice
    meter, microphone = Meter(), PortAudioMicrophone(options.microphone)
    try:
        async with AsyncExitStack() as stack:
            speaker = PortAudioSpeaker(options.speaker) if has_sound and aloud else SilentSpeaker()
            await stack.enter_async_context(aclosing(speaker))
            parts = await stack.enter_async_context(assembled(options, client, speaker))
            deaf = await stack.enter_async_context(_read(microphone, meter)) if has_sound else None
            links = await check(microphone, meter, parts, options, aloud=aloud and has_sound)
    except HomebodyError as error:
        return [_fault("hearing", "recogniser-missing", error)]
    if deaf is not None and deaf.done() and not deaf.cancelled() and (broken := deaf.exception()) is not None:
        assert isinstance(broken, HomebodyError)
        return [_fault("microphone", "microphone-fails", broken), *links[1:]]
    return links if has_sound else links[1:]


@asynccontextmanager
async def _read(microphone: PortAudioMicrophone, meter: Meter) -> AsyncGenerator[asyncio.Task[None], None]:
    """Somebody who listens, until the end."""

    async def read() -> None:
        async with aclosing(microphone.chunks()) as chunks:
            async for chunk in chunks:
                meter.feed(chunk)

    task = asyncio.create_task(read())
    await asyncio.wait([task], timeout=LISTEN_S)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, HomebodyError):
            await task


async def _skill(client: HomebodyClient) -> Link:
    began_s = time.monotonic()
    try:
        said = await _answer(client, SUM, None, ASK_LIMIT_MS)
    except HomebodyError as error:
        return _fault("skills", "skill-fails", error)
    if RESULT not in said.text or said.kind != "skill":
        reason = "A sum was not answered by the skill that can do it."
        remedy = "See which skills there are: homebody skills; and what is disabled under [router.skills]."
        return Link(part="skills", fault="skill-fails", problem=reason, remedy=remedy)
    return Link(part="skills", took_ms=_since(began_s), saw="a sum was answered")


async def _model(client: HomebodyClient) -> Link:
    began_s = time.monotonic()
    try:
        said = await _answer(client, QUESTION, "chat", MODEL_LIMIT_MS)
    except HomebodyError as error:
        return _fault("model", "model-fails", error)
    took_ms, first_ms = _since(began_s), said.first_ms
    if first_ms > SLOW_MS:
        reason = f"{said.model} took {first_ms / 1000:.0f} s for its first word."
        remedy = "Ask again: the first time it is loaded. If it stays slow, choose a smaller profile: homebody profiles"
        return Link(part="model", took_ms=took_ms, fault="model-slow", problem=reason, remedy=remedy, saw=said.model)
    return Link(part="model", took_ms=took_ms, saw=f"{said.model} answered")


class _Said(msgspec.Struct):
    """An answer: its words, what gave it, and when it began."""

    text: str = ""
    kind: str = ""
    model: str = ""
    first_ms: float = 0.0


async def _answer(client: HomebodyClient, text: str, purpose: str | None, deadline_ms: float) -> _Said:
    said, began_s = _Said(), time.monotonic()
    tokens = 16 if purpose else None
    answer = client.ask(text, purpose=purpose, max_tokens=tokens, session="doctor", deadline_ms=deadline_ms)
    async with aclosing(answer) as messages:
        async for message in messages:
            if isinstance(message, Accepted):
                said.kind, said.model = message.route.kind, message.route.model or "the model"
            elif isinstance(message, Token) and message.channel == "answer":
                said.first_ms = said.first_ms or _since(began_s)
                said.text += message.text
    return said


def _since(began_s: float) -> float:
    return round(1000 * (time.monotonic() - began_s), 1)


def _fault(part: str, fault: str, error: HomebodyError) -> Link:
    remedy = error.remedy
    if isinstance(error, RemoteFailure) and error.code == "bad_message":
        remedy = "The running services are older than this command: homebody restart"
    return Link(part=part, fault=fault, problem=error.reason, remedy=remedy)
