"""Everything that can go wrong, as one tree.

::

    HomebodyError
    ├── UsageError              the person's: what was typed or configured does not fit
    │   ├── ProfileError        a profile or homebody.toml holds something we refuse
    │   ├── AudioFileError      a recording cannot be read as speech
    │   ├── BadImage            a picture cannot be decoded, or is refused
    │   └── UnknownDevice       no microphone or loudspeaker of that name
    ├── MachineError            this machine's: a device, folder or package is missing
    │   ├── NoMicrophone        nothing to hear with (absent, denied, silent)
    │   ├── NoSpeaker           nothing to speak with
    │   ├── NoScreen            no screen to look at (absent, denied)
    │   ├── AudioStuck          the sound system hangs; only a restart of the service helps
    │   ├── NotWritable         a folder we must write to refuses
    │   └── MissingPart         an optional package or a system library is not installed
    ├── WireError               the other end's: what came over ZeroMQ is not the protocol
    │   ├── BadFrame            not a homebody message at all
    │   └── BadMessage          a message of ours with fields that do not fit
    ├── ServiceError            a service of ours: absent, stopping or already running
    │   ├── RouterUnreachable   nobody answers at the router's endpoint
    │   ├── KeyRefused          the router on the other machine does not let this client in
    │   ├── RouterLost          the router went away while it owed an answer
    │   ├── AlreadyRunning      a second service would fight the first over its files
    │   └── RemoteFailure       the router answered ``failed``; carries its code
    ├── ModelError              the model's or its server's
    │   ├── ModelUnreachable    the model server does not answer
    │   ├── ModelMissing        the server answers and does not have the model
    │   ├── ModelBusy           the model server has too much to do; later it may answer
    │   ├── NotCapable          the model cannot do what was asked of it (images, tools)
    │   ├── ModelFailed         the model broke off, or its answer is unusable
    │   │   ├── EmptyAnswer     it answered nothing, or only thought
    │   │   └── UnusableAnswer  it goes round in circles, is in the wrong language, not the JSON asked for, ...
    │   ├── OutOfMemory         the model does not fit
    │   └── DeadlineExceeded    nothing came in the time allowed
    └── SkillError              a plugin's
        ├── SkillFailed         it raised, or answered with something else than a reply
        └── SkillTimeout        it did not answer in time and was ended

Every error says three things to a person: what happened (``str(error)``, one sentence), whose it is to mend (the
branch of the tree) and what to do (``remedy``, an imperative sentence, often a command). The command line prints the
two sentences and exits with ``exit_code`` (BSD ``sysexits.h``); the wire sends ``code``, the sentence and the remedy.
Library errors are translated where the library is called; nothing above that seam sees them.
"""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec


class HomebodyError(Exception):
    """Base of all errors a user of homebody can meet.

    Args:
        reason: What happened, one sentence for a person, without a traceback or anyone's words in it.
        remedy: What to do about it, one imperative sentence; empty where nothing helps.

    Attributes:
        partial: Text that had already been answered; empty for most errors.
        retry_after_ms: When asking again may help, or None.
    """

    code: ClassVar[str] = "model_failed"
    exit_code: ClassVar[int] = 70  # EX_SOFTWARE
    partial: str = ""
    retry_after_ms: float | None = None

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class UsageError(HomebodyError):
    """What the person typed or configured does not fit; nothing was started."""

    code = "bad_message"
    exit_code = 64  # EX_USAGE


class ProfileError(UsageError):
    """A profile or the user's ``homebody.toml`` is refused: the reason names the file, the key and why."""

    exit_code = 78  # EX_CONFIG


class AudioFileError(UsageError):
    """A recording is missing, empty, truncated or not audio."""

    exit_code = 65  # EX_DATAERR


class BadImage(UsageError):
    """A picture is missing, empty, truncated, too large, or none; the reason names the file."""

    code = "bad_image"
    exit_code = 65  # EX_DATAERR


class UnknownDevice(UsageError):
    """A microphone or loudspeaker was named that this machine does not have; the remedy lists those it has."""

    exit_code = 78  # EX_CONFIG


class MachineError(HomebodyError):
    """Something this machine would have to provide is absent."""

    code = "capability"
    exit_code = 69  # EX_UNAVAILABLE


class NoMicrophone(MachineError):
    """There is no microphone, it may not be used, or it delivers exact zeros."""


class NoSpeaker(MachineError):
    """There is no loudspeaker to speak through."""

    code = "no_voice"


class NoScreen(MachineError):
    """There is no screen to take a picture of, or it may not be taken."""


class AudioStuck(MachineError):
    """A call to the sound system does not come back. The service ends with this exit code, so that the service manager
    starts it again."""

    exit_code = 75  # EX_TEMPFAIL


class NotWritable(MachineError):
    """A folder that must be written to refuses."""

    exit_code = 73  # EX_CANTCREAT


class MissingPart(MachineError):
    """An optional package or a system library is not installed; the remedy is the command that installs it."""


class WireError(HomebodyError):
    """The peer sent something that is not version 1 of the protocol in docs/messages.md."""

    code = "bad_message"
    exit_code = 76  # EX_PROTOCOL


class BadFrame(WireError):
    """Not a homebody message: no JSON object, no ``type``, or frames out of bounds."""

    code = "bad_frame"


class BadMessage(WireError):
    """A known type with a field that does not fit.

    Args:
        id: The message's id where it could be read, so that the answer can carry it.
        code: ``bad_message``, ``unknown_type``, ``unsupported_version`` or ``too_large``.
    """

    def __init__(self, reason: str, remedy: str = "", *, id: str | None = None, code: str = "bad_message") -> None:
        super().__init__(reason, remedy)
        self.id = id
        self.code = code  # type: ignore[misc]  # the instance knows better than its class


class ServiceError(HomebodyError):
    """One of our own services is absent, stopping, or refused."""

    exit_code = 69  # EX_UNAVAILABLE


class RouterUnreachable(ServiceError):
    """Nobody answered at the router's endpoint before the deadline."""

    code = "deadline"


class KeyRefused(ServiceError):
    """The router at a ``tcp://`` endpoint ended the handshake: this client's key is not listed there, or its own has
    changed."""

    code = "not_allowed"
    exit_code = 77  # EX_NOPERM


class RouterLost(ServiceError):
    """The connection to the router broke while an answer was owed; the ask may or may not have run."""

    code = "shutting_down"


class AlreadyRunning(ServiceError):
    """The same service already runs for this user; two would write the same files."""

    code = "busy"


REMOTE_EXIT_CODES: Final = {
    "bad_message": UsageError.exit_code,
    "too_large": UsageError.exit_code,
    "bad_image": BadImage.exit_code,
    "busy": 75,  # EX_TEMPFAIL, as for `ModelBusy` and `DeadlineExceeded`
    "deadline": 75,
    "not_allowed": KeyRefused.exit_code,
}


class RemoteFailure(ServiceError):
    """The router answered ``failed``.

    Attributes:
        code: The failure code of docs/messages.md, such as ``no_model`` or ``skill_failed``. It decides the exit
            status: what was asked wrongly is the asker's to mend, and not something that is not there.
        partial: Text that had already been answered, possibly empty.
        retry_after_ms: When asking again may help, or None.
    """

    def __init__(
        self, code: str, reason: str, remedy: str = "", *, partial: str = "", retry_after_ms: float | None = None
    ) -> None:
        super().__init__(reason, remedy)
        self.code = code  # type: ignore[misc]  # one class serves every code of the wire
        self.exit_code = REMOTE_EXIT_CODES.get(code, type(self).exit_code)  # type: ignore[misc]
        self.partial = partial
        self.retry_after_ms = retry_after_ms


class ModelError(HomebodyError):
    """A model, or the server that runs it, cannot answer.

    Args:
        partial: What it had answered until then.
        retry_after_ms: When asking again may help.
    """

    exit_code = 69  # EX_UNAVAILABLE

    def __init__(
        self, reason: str, remedy: str = "", *, partial: str = "", retry_after_ms: float | None = None
    ) -> None:
        super().__init__(reason, remedy)
        self.partial = partial
        self.retry_after_ms = retry_after_ms


class ModelUnreachable(ModelError):
    """The model server does not answer at its address."""

    code = "no_model"


class ModelMissing(ModelError):
    """The model server answers and does not have this model."""

    code = "no_model"


class ModelBusy(ModelError):
    """The model server refuses for now; ``retry_after_ms`` says when to ask again."""

    code = "busy"
    exit_code = 75  # EX_TEMPFAIL


class NotCapable(ModelError):
    """No model of this profile can do what was asked, such as looking at an image."""

    code = "capability"


class ModelFailed(ModelError):
    """The answer broke off or is otherwise unusable; ``partial`` is what came of it."""

    code = "model_failed"


class EmptyAnswer(ModelFailed):
    """The answer was empty, or the model only thought."""

    code = "empty_answer"


class UnusableAnswer(ModelFailed):
    """The answer cannot be used.

    Args:
        fault: Why, one of the reasons of `homebody.messages.Retry`.
    """

    def __init__(self, fault: str, reason: str, remedy: str = "") -> None:
        super().__init__(reason, remedy)
        self.fault = fault


class OutOfMemory(ModelError):
    """The model does not fit in the memory that is free."""

    code = "out_of_memory"


class DeadlineExceeded(ModelError):
    """Nothing, or not enough, came in the time allowed."""

    code = "deadline"
    exit_code = 75  # EX_TEMPFAIL


class SkillError(HomebodyError):
    """A skill of a plugin misbehaved. Names the skill; no other skill is affected."""

    code = "skill_failed"


class SkillFailed(SkillError):
    """The skill raised, or returned something else than a reply; or what it has asked for was refused.

    Attributes:
        refusal: Why it was refused, as a code of the wire such as ``not_found``; empty for everything else.
    """

    def __init__(self, reason: str, remedy: str = "", *, refusal: str = "") -> None:
        super().__init__(reason, remedy)
        self.refusal = refusal


class SkillTimeout(SkillError):
    """The skill did not answer in time; its worker was ended and replaced."""

    exit_code = 75  # EX_TEMPFAIL


class Problem(msgspec.Struct, frozen=True):
    """Something a person should know and can mend, as `homebody status` shows it.

    Attributes:
        part: The part it concerns, e.g. ``microphone`` or ``skill timers``.
        problem: What is wrong, one sentence.
        remedy: What to do, one sentence; empty where nothing helps.
    """

    part: str
    problem: str
    remedy: str = ""
