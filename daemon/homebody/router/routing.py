"""Who answers: skills first, the text model last. Pure: no clock, no socket, no model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from homebody.messages import Route
from homebody.profile import TextModelOptions

DEFAULT_PURPOSE: Final = "chat"


class Match(Protocol):
    """A skill whose templates fit the words; the slots fit its JSON schema."""

    @property
    def skill(self) -> str:
        """The skill's name."""

    @property
    def slots(self) -> dict[str, Any]:
        """Its arguments, as JSON values."""


def routes(matches: Sequence[Match], model: TextModelOptions, *, purpose: str | None = None) -> list[Route]:
    """Who is to be asked, in this order, until one does not decline.

    Args:
        matches: Best first.
        model: The profile's text model, which never declines.
        purpose: What the asker wants it for; None: chat.

    Returns:
        One route a skill that matched, then the model's; never empty.
    """
    skills = [Route(kind="skill", name=match.skill, slots=dict(match.slots)) for match in matches]
    return [
        *skills,
        Route(kind="model", model=model.model, purpose=purpose or DEFAULT_PURPOSE, engine=model.backend),
    ]
