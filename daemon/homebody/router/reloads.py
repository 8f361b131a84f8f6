"""What can be asked of the router itself: `Control` with ``service`` "router"."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from homebody.errors import RemoteFailure
from homebody.messages import Control, Done
from homebody.options import SkillOptions
from homebody.profile import Profile
from homebody.reloading import changed_keys, sorted_out

OTHERS: Final = ("voice", "gallery")  # they tell of their own tables
DISABLED: Final = "router.skills.disabled"


class Reloads:
    """Takes over a changed profile as far as that is safe; the rest takes a restart, and is named.

    Args:
        profile: As it was read at the start.
        load: Reads it again.
        disable: Offers all skills but these; False where a plugin would have to be loaded for it.
    """

    def __init__(self, profile: Profile, load: Callable[[], Profile], disable: Callable[[SkillOptions], bool]) -> None:
        self._running, self._load, self._disable = profile, load, disable

    async def forward(self, control: Control) -> Done:
        """Do what is asked.

        Raises:
            RemoteFailure: ``not_found``: there is no such action.
            ProfileError: What stands in the file now is refused; nothing has changed.
        """
        if control.action != "reload":
            raise RemoteFailure("not_found", "The router has no such action.", "See docs/messages.md.")
        new = await asyncio.to_thread(self._load)
        changed = [key for key in changed_keys(self._running, new) if not key.startswith(OTHERS)]
        skills = self._disable(new.router.skills)
        return Done(id=control.id, value=sorted_out(changed, (DISABLED,) if skills else ()))
