"""The small words of a conversation: stop, never mind, repeat that, hello and thank you."""

from __future__ import annotations

import contextlib
from typing import Any, Final, Literal

from homebody.skill import Context, Registry, Reply, SkillFailed, skill
from homebody_manners import languages

_GREETINGS: Final[dict[str, tuple[str, ...]]] = {
    "hello": ("hello", "hi", "hey there", "hello there", "hi there", "good day", "greetings", "howdy"),
    "good morning": ("good morning", "morning"),
    "good afternoon": ("good afternoon",),
    "good evening": ("good evening",),
    "good night": ("good night", "goodnight", "sleep well", "night night"),
    "goodbye": ("goodbye", "good bye", "bye", "bye bye", "see you", "see you later", "see you tomorrow"),
    "thank you": ("thank you", "thanks", "thank you very much", "thanks a lot", "many thanks", "thank you so much",
                  "cheers", "much appreciated", "thank you computer", "thanks computer"),
}  # fmt: skip
_ANSWERS: Final = {
    "hello": "Hello.",
    "good morning": "Good morning.",
    "good afternoon": "Good afternoon.",
    "good evening": "Good evening.",
    "good night": "Good night.",
    "goodbye": "Goodbye.",
    "thank you": "You're welcome.",
}
_CANCEL_WHAT: Final = "I don't know what to cancel. Say, for example: cancel the timer."
_WORDS: Final[dict[str, Any]] = {
    "values": [{"in": words, "out": meaning} for meaning, heard in _GREETINGS.items() for words in heard]
}


@skill(
    (
        "(repeat|repeat that|repeat it|repeat please|repeat yourself|repeat your (answer|last answer)|repeat the "
        "last (answer|thing))"
    ),
    "(say|tell me|read|play) (that|it|this) (again|once more|one more time|1 more time|another time)",
    "say [that|it|this] (again|once more|one more time|1 more time)",
    (
        "(again|once more|once again|one more time|1 more time|come again|pardon|pardon me|i beg your pardon|beg "
        "your pardon|sorry what)"
    ),
    "[sorry] what (did you [just] say|was that|did you say [again|just now]|was that again|were you saying)",
    "(i [didn't|did not] (catch|get|hear|understand) (that|you|it)|i missed that)",
    "i (didn't|did not|couldn't|could not) (catch|get|hear|understand) (that|you|it|what you said)",
    "[can you|could you] (repeat|say) (that|it|what you [just] said) [again|once more|slowly|more slowly]",
    read_only=True,
    examples=("repeat that", "say that again", "what did you say", "i didn't catch that"),
    translations=languages.REPEAT,
)
def repeat(ctx: Context) -> Reply:
    """Say something again."""
    return Reply(ctx.session.last_reply or languages.NOTHING.get(ctx.language, "There is nothing to repeat yet."))


@skill(
    "(stop|stop it|stop that|stop now|stop there|stop talking|stop speaking|stop reading|stop stop|stop please)",
    "[please] (be quiet|be silent|quiet|silence|hush|shush|shut up|shut it|hold on a second stop|stop saying that)",
    "(that's|thats|that is|it's|it is) (enough|enough now|all i needed)",
    "(enough|okay enough|enough already|zip it|cut it out|no more talking|stop the (answer|talking|speech|voice))",
    side_effect=True,
    examples=("stop", "be quiet", "stop talking", "that's enough"),
    translations=languages.STOP,
)
def stop(ctx: Context) -> Reply:
    """Stop talking."""
    with contextlib.suppress(SkillFailed):  # without a voice it is quiet already
        ctx.voice.stop()
    return Reply()


@skill(
    "[no|oh|okay|ah|ok] (never mind|nevermind|never mind that|never mind then|forget it|forget that|forget about it|"
    "forget about that|forget i asked|forget what i said|cancel|cancel that|cancel it|cancel this|don't bother|"
    "don't worry|don't worry about it|drop it|skip it|leave it|it doesn't matter|it does not matter|doesn't matter|"
    "nothing|it's nothing|scratch that|ignore that|ignore me|ignore what i said|i changed my mind|i take it back|"
    "do nothing|no thanks|no thank you)",
    "[no|oh|okay|ah|ok] (undo|undo that|undo it|undo this|take that back|take it back|i take that back)",
    read_only=True,
    examples=("never mind", "forget it", "cancel that"),
    translations=languages.NEVER_MIND,
    says=("Okay.", _CANCEL_WHAT),
)
def never_mind(ctx: Context) -> Reply:
    """Drop what was begun."""
    # Whoever could take something back has declined by now: "okay" would be a lie, unless it drops a question.
    if languages.TAKES_BACK.search(ctx.text.lower()) and not ctx.session.last_reply.rstrip().endswith("?"):
        return Reply(languages.CANCEL_WHAT.get(ctx.language, _CANCEL_WHAT))
    return Reply(languages.OKAY.get(ctx.language, "Okay."))


@skill(
    "(forget|clear|delete|erase|wipe) (this|our|the) (conversation|chat|discussion)",
    "forget (everything|all|all that) (i said|i told you|i've told you|we said|we talked about|we have talked about)",
    "forget what we (said|talked about|were talking about|discussed)",
    "([let's|let us|please] start over|[let's|let us] [start|begin|have] a new conversation|new conversation)",
    side_effect=True,
    examples=("forget our conversation", "forget what we talked about", "start over", "new conversation"),
    translations=languages.FORGET,
    says=("Forgotten.",),
)
def conversation_forget(ctx: Context) -> Reply:
    """Forget what was said before."""
    return Reply(languages.FORGOTTEN.get(ctx.language, "Forgotten."), forget=True)


@skill(
    "{greeting} [computer|homebody|assistant|everyone]",
    lists={"greeting": _WORDS},
    read_only=True,
    examples=("hello", "good morning", "thank you", "goodbye"),
    translations=languages.GREETING,
    says=tuple(_ANSWERS.values()),
)
def greeting(
    ctx: Context,
    greeting: Literal[
        "hello", "good morning", "good afternoon", "good evening", "good night", "goodbye", "thank you"
    ] = "hello",
) -> Reply:
    """Greet, and be thanked."""
    return Reply(
        languages.ANSWERS.get(ctx.language, _ANSWERS).get(greeting, _ANSWERS[greeting]), value={"greeting": greeting}
    )


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    for declared in (repeat, stop, never_mind, conversation_forget, greeting):
        registry.add(declared)
