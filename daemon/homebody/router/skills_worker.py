"""The process that runs skills: ``python -m homebody.router.skills_worker PARENT_PID``.

Started, fed and ended by `homebody.router.skills_host`. It loads the plugins, runs each call in a thread of its own and
asks the router for everything but computing. A skill that prints, reads standard input, raises, exits or recurses
without end harms nothing but its own answer; one that blocks is ended with the whole process, which is then replaced.
The worker ends when its standard input closes, that is, with the router, however that ended.
"""

from __future__ import annotations

import datetime as dt
import importlib
import os
import sys
import threading
import traceback
from typing import IO, Any, Final

import msgspec

from homebody.errors import HomebodyError, Problem, SkillFailed
from homebody.router.skills_context import WorkerContext
from homebody.router.skills_wire import (
    REPLY_LIMIT_BYTES,
    Answer,
    Call,
    Load,
    Loaded,
    Loading,
    Plugin,
    Raised,
    Returned,
    Run,
    RunDue,
    ToRouter,
    ToWorker,
)
from homebody.skill import Due, Registry, Reply, Scheduled, as_reply
from homebody.worker_frames import frame
from homebody.worker_main import Pipe, pipes

CALL_DEADLINE_S: Final = 10.0  # the router's own deadlines are shorter; this one is for a router that hangs
DETAIL_LIMIT_CHARS: Final = 8000


class Worker:
    """Reads requests, writes answers, until ``requests`` ends.

    Args:
        requests: Frames from the router.
        answers: Frames to the router; nothing else may write there.
    """

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._pipe: Pipe[ToWorker] = Pipe(requests, answers, ToWorker)
        self._registry = Registry()
        self._calls: dict[int, _Pending] = {}
        self._call_ids = iter(range(1, sys.maxsize))

    def serve(self) -> None:
        """Work until the router closes the pipe."""
        while (request := self._pipe.next()) is not None:
            match request:
                case Load():
                    self._load(request)
                case Run() | RunDue():
                    threading.Thread(target=self._run, args=(request,), daemon=True).start()
                case Answer():
                    if (pending := self._calls.pop(request.call, None)) is not None:
                        pending.settle(request)

    def call(self, run: int, method: str, arguments: list[Any]) -> Any:
        """Have the router do something for a run; blocks its thread.

        Raises:
            SkillFailed: The router refuses, or does not answer in time.
        """
        number = next(self._call_ids)
        pending = self._calls[number] = _Pending()
        try:
            self._send(Call(number, run, method, arguments))
            answer = pending.wait()
        except ValueError as error:
            raise SkillFailed("A skill wanted to keep or send something that cannot be sent.") from error
        finally:
            self._calls.pop(number, None)
        if answer.error:
            raise SkillFailed(answer.error, answer.remedy, refusal=answer.code)
        return answer.value

    def _send(self, message: ToRouter) -> None:
        self._pipe.send(message)

    def _load(self, load: Load) -> None:
        problems: list[Problem] = []
        for plugin in load.plugins:
            self._send(Loading(plugin.name))
            before = (dict(self._registry.skills), dict(self._registry.handlers))
            try:
                _entry_point(plugin)(self._registry.loading(plugin.name))
                self._check()
            except BaseException as error:  # a plugin may even raise SystemExit
                self._registry.skills, self._registry.handlers = before
                problems.append(_not_loaded(plugin, error))
                sys.stderr.write("".join(traceback.format_exception(error)))
        infos = tuple(skill.info for skill in self._registry.skills.values())
        self._send(Loaded(infos, tuple(problems)))

    def _check(self) -> None:
        """A plugin may add what cannot be sent on, such as a default that is no JSON."""
        for skill in self._registry.skills.values():
            frame(Loaded((skill.info,), ()))

    def _run(self, request: Run | RunDue) -> None:
        """One run, in its own thread; always answers."""
        try:
            message: ToRouter = Returned(request.id, _bounded(self._reply(request)))
            data = frame(message)
        except _BadArguments as error:
            data = frame(Raised(request.id, "arguments", str(error)))
        except HomebodyError as error:  # the sentence is the skill's own, for the person
            data = frame(Raised(request.id, "refused", str(error)[:500], error.remedy[:500]))
        except BaseException as error:  # SystemExit and KeyboardInterrupt too: a skill ends itself, not the worker
            detail = "".join(traceback.format_exception(error, limit=-20))[-DETAIL_LIMIT_CHARS:]
            data = frame(Raised(request.id, "error", type(error).__name__[:100], detail=_clean(detail)))
        self._pipe.write(data)

    def _reply(self, request: Run | RunDue) -> Reply:
        now = dt.datetime.fromisoformat(request.now)
        if isinstance(request, RunDue):
            handler = self._registry.handlers.get((request.plugin, request.handler))
            if handler is None:
                raise SkillFailed(f"The plugin {request.plugin} has no {request.handler} any more.")
            due_at = dt.datetime.fromisoformat(request.due_at)
            scheduled = Scheduled(request.scheduled_id, request.handler, due_at, request.data)
            context = WorkerContext(self.call, request.id, request.plugin, self._registry.skills, now=now)
            return as_reply(handler(context, Due(scheduled, request.late_s)))
        skill = self._registry.skills.get(request.skill)
        if skill is None:
            raise SkillFailed(f"There is no skill named {request.skill}.")
        try:
            msgspec.convert(request.slots, skill.arguments, strict=False)
        except msgspec.ValidationError as error:
            raise _BadArguments(str(error)) from error
        context = WorkerContext(
            self.call,
            request.id,
            skill.info.plugin,
            self._registry.skills,
            now=now,
            text=request.text,
            session=request.session,
            language=request.language,
        )
        return skill.call(context, request.slots)


class _BadArguments(Exception):
    """The slots do not fit the skill's signature; the message is msgspec's and names the slot."""


class _Pending:
    """A call that waits for its answer."""

    def __init__(self) -> None:
        self._there = threading.Event()
        self._answer: Answer | None = None

    def settle(self, answer: Answer) -> None:
        self._answer = answer
        self._there.set()

    def wait(self) -> Answer:
        if not self._there.wait(CALL_DEADLINE_S) or self._answer is None:
            raise SkillFailed("The router did not answer a skill in time.", "Ask again.")
        return self._answer


def _entry_point(plugin: Plugin) -> Any:
    module, _, function = plugin.target.partition(":")
    found: Any = importlib.import_module(module)
    for name in function.split("."):
        found = getattr(found, name)
    return found


def _not_loaded(plugin: Plugin, error: BaseException) -> Problem:
    return Problem(
        f"plugin {plugin.name}",
        f"The plugin {plugin.name} could not be loaded: {type(error).__name__}: {_clean(str(error))[:300]}.",
        "Mend or uninstall it, then start homebody again.",
    )


def _bounded(reply: Reply) -> Reply:
    """The reply if it is one that can be spoken and sent; a subclass or a str subclass is made plain."""
    if not isinstance(reply.text, str) or not isinstance(reply.value, dict) or not isinstance(reply.follow_up, bool):
        raise TypeError("a reply has a str as text, a dict as value and a bool as follow_up")
    if not isinstance(reply.language, str | None):
        raise TypeError("a reply's language is a code such as de, or None")
    value = msgspec.json.encode(reply.value)
    for part, size_bytes in (("text", len(reply.text.encode(errors="replace"))), ("value", len(value))):
        if size_bytes > REPLY_LIMIT_BYTES:
            raise ValueError(f"the reply's {part} has {size_bytes} bytes; {REPLY_LIMIT_BYTES} are the limit")
    language = None if reply.language is None else _clean(reply.language)
    return Reply(_clean(reply.text), msgspec.json.decode(value), reply.follow_up, language, reply.forget is True)


def _clean(text: str) -> str:
    return text.encode(errors="replace").decode()


def main() -> None:
    """Take the pipes away from the skills, then serve."""
    requests, answers = pipes()
    threading.stack_size(8 * 1024 * 1024)  # macOS gives 512 KiB, which deep recursion overruns before Python notices
    try:
        Worker(requests, answers).serve()
    finally:
        os._exit(0)  # threads of skills may never end


if __name__ == "__main__":
    main()
