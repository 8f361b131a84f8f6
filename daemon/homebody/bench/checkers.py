"""Is an answer right? Pure, but for code, which `sandbox` runs. Nothing a model writes makes a checker raise."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from homebody.bench.tasks import Task
from homebody.language import identify
from homebody.router.spoken_numbers import digits

_FENCE: Final = re.compile(r"```[ \t]*(\w*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_NUMBER: Final = re.compile(r"(?<![\w.])[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w)|(?<![\w.])[-−]?\d+(?:\.\d+)?")
_SENTENCE: Final = re.compile(r"\n+|(?<=[.!?])\s+")
_MARKUP: Final = re.compile(r"[*_`]+")
CHARS_LIMIT: Final = 20_000  # of an answer; what is longer is cut before any pattern looks at it


def faults(task: Task, answer: str) -> list[str]:
    """Why an answer is not right, in words; empty: it is. Code is not run here: see `code`."""
    text = answer[:CHARS_LIMIT].strip()
    if not text:
        return ["it is empty"]
    found = [fault for check in _CHECKS if (fault := check(task, text))]
    if task.python is not None and code(text) is None:
        found.append("it has no Python")
    return found


def _number(task: Task, text: str) -> str:
    if task.number is None or any(
        abs(value - task.number) < 1e-6 * max(1, abs(task.number)) for value in last_numbers(text)
    ):
        return ""
    return f"its result is not {task.number:g}"


def _words(task: Task, text: str) -> str:
    if task.any and not any(holds(text, words) for words in task.any):
        return f"it says none of: {', '.join(task.any)}"
    if missing := [words for words in task.every if not holds(text, words)]:
        return f"it does not say {missing[0]}"
    if unwanted := [words for words in task.none if holds(text, words)]:
        return f"it says {unwanted[0]}"
    return ""


def _choice(task: Task, text: str) -> str:
    return f"it does not end on {task.choice}" if task.choice and last_of(text, task.of) != task.choice else ""


def _length(task: Task, text: str) -> str:
    words = len(text.split())
    if task.max_words is not None and words > task.max_words:
        return f"it has {words} words instead of at most {task.max_words}"
    if task.min_words is not None and words < task.min_words:
        return f"it has {words} words instead of at least {task.min_words}"
    lines = sum(bool(line.strip()) for line in text.splitlines())
    if task.lines is not None and lines != task.lines:
        return f"it has {lines} lines instead of {task.lines}"
    return ""


def _language(task: Task, text: str) -> str:
    return f"it is not in {task.language}" if task.language and identify(text) != task.language else ""


def _json(task: Task, text: str) -> str:
    if task.json is None and task.items is None:
        return ""
    try:
        value = json.loads(bare(text))
    except (ValueError, RecursionError):
        return "it is not JSON"
    if task.json is not None and not agrees(value, task.json):
        return "its JSON holds something else"
    if task.items is not None and not (isinstance(value, list) and len(value) == task.items):
        return f"it is no array of {task.items}"
    return ""


def _pattern(task: Task, text: str) -> str:
    return "it has another form" if task.matches and not re.fullmatch(task.matches, text) else ""


_CHECKS: Final[tuple[Callable[[Task, str], str], ...]] = (
    _number, _words, _choice, _length, _language, _json, _pattern,
)  # fmt: skip


def last_numbers(text: str) -> list[float]:
    """The numbers of the last sentence that has any; number words count as numbers."""
    for sentence in reversed(_SENTENCE.split(_MARKUP.sub("", text))):
        written = _read_numbers(sentence)
        spoken = _read_numbers(digits(sentence.lower()))
        if written or spoken:
            return [*written, *spoken]
    return []


def _read_numbers(text: str) -> list[float]:
    return [float(found.replace(",", "").replace("−", "-")) for found in _NUMBER.findall(text)]


def holds(text: str, words: str) -> bool:
    """Whether these words occur in the text as whole words, in any case."""
    pattern = rf"(?<!\w){re.escape(_straight(words))}(?!\w)"
    return re.search(pattern, _straight(text)) is not None


def last_of(text: str, words: Sequence[str]) -> str | None:
    """Of these words, the one that is named last as a whole word; None: none of them is."""
    plain = _straight(text)
    at = {word: [found.start() for found in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", plain)] for word in words}
    named = {word: places[-1] for word, places in at.items() if places}
    return max(named, key=named.__getitem__) if named else None


def _straight(text: str) -> str:
    return text.casefold().replace("’", "'")


def bare(text: str) -> str:
    """What is inside the first fence, else from the first bracket to the last, else the text."""
    if fenced := _FENCE.search(text):
        return fenced[2].strip()
    opened = re.search(r"[\[{]", text)
    closed = max(text.rfind("]"), text.rfind("}"))
    return text[opened.start() : closed + 1] if opened and closed >= opened.start() else text


def code(text: str) -> str | None:
    """The Python of an answer: its fenced blocks, those marked python where any is; without a fence, the answer itself
    where it looks like code; None: there is none."""
    blocks = [(language.lower(), body) for language, body in _FENCE.findall(text)]
    marked = [body for language, body in blocks if language in {"python", "py", "python3"}]
    if blocks:
        return "\n\n".join(marked or [body for _, body in blocks])
    return text if re.search(r"(?m)^(def|class|import|from) ", text) else None


def agrees(value: Any, wanted: Any) -> bool:
    """Whether a JSON value holds at least what is wanted. Text agrees in any case; true is not 1."""
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(
            name in value and agrees(value[name], wanted[name]) for name in wanted
        )
    if isinstance(wanted, bool) or isinstance(value, bool):
        return value is wanted
    if isinstance(wanted, str):
        return isinstance(value, str) and value.strip().casefold() == wanted.strip().casefold()
    return bool(value == wanted)


def judged(text: str) -> int | None:
    """The score from 1 to 5 in a judge's answer; None: it gave none."""
    found = re.search(r'"?score"?\s*[:=]?\s*([1-5])(?![\d.])', text[:CHARS_LIMIT], re.IGNORECASE)
    return int(found[1]) if found else None
