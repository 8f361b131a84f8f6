"""The page's HTML, made from what was found and how the gallery is. Pure; every word from outside is escaped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import PurePath
from string import Template
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from homebody.captions.search import Hits
from homebody.message_parts import FoundPicture

PAGE_ROWS: Final = 60
MANY: Final = 1000  # as many as a search counts
REFUSED_LIMIT: Final = 20
_WORDS: Final = {
    "scanning": "Looking through the folders",
    "captioning": "Describing",
    "paused": "Paused",
    "waiting": "Waiting for a model that can see",
    "idle": "All described",
}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for, as it stands in the page's address."""

    q: str = ""
    folder: str = ""
    since: str = ""
    until: str = ""
    offset: int = 0

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wish:
        """From an address; what makes no sense in it counts as not there."""
        offset = query.get("offset", "")
        return cls(
            q=query.get("q", "")[:1000],
            folder=query.get("folder", ""),
            since=_date(query.get("since", "")),
            until=_date(query.get("until", "")),
            offset=min(int(offset), 100_000) if offset.isascii() and offset.isdigit() and len(offset) < 7 else 0,
        )

    @property
    def between(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """From the first day's beginning to the last day's end, in the person's time."""
        first = dt.datetime.fromisoformat(self.since) if self.since else None
        last = dt.datetime.fromisoformat(self.until) + dt.timedelta(days=1) if self.until else None
        return first, last


def page(wish: Wish, rows: str, state: str, folders: Sequence[str]) -> str:
    """The whole page."""
    template = Template((files("homebody.gallery.page_files") / "page.html").read_text("utf-8"))
    options = ["", *folders]
    return template.substitute(
        q=escape(wish.q),
        since=escape(wish.since),
        until=escape(wish.until),
        folders="".join(
            f'<option value="{escape(folder)}"{" selected" if folder == wish.folder else ""}>'
            f"{escape(PurePath(folder).name or folder) if folder else 'all'}</option>"
            for folder in options
        ),
        rows=rows,
        state=state,
    )


def rows(wish: Wish, hits: Hits, *, watching: bool) -> str:
    """The pictures that were found."""
    if not hits.rows:
        return _empty(wish, watching)
    more = ""
    following = wish.offset + len(hits.rows)
    if following < hits.total:
        fields = {name: value for name, value in msgspec.structs.asdict(wish).items() if value and name != "offset"}
        more = f'<a class="more" href="/?{escape(urlencode({**fields, "offset": following}))}">Show more</a>'
    number = f"{hits.total} or more" if hits.total >= MANY else str(hits.total)
    found = f"{number} picture{'' if hits.total == 1 else 's'}"
    return f'<p class="count">{found}</p><div class="grid">{"".join(map(_card, hits.rows))}</div>{more}'


def _card(hit: FoundPicture) -> str:
    date = f"{hit.taken_at.astimezone():%-d %B %Y}" if hit.taken_at else ""
    short = f"{hit.taken_at.astimezone():%-d %b %Y}" if hit.taken_at else ""  # leaves room for the name
    name = PurePath(hit.path).name
    described = hit.caption or ("Not described yet" if hit.state == "waiting" else "No description")
    waiting = "" if hit.caption else ' class="waiting"'
    tags = f"Tags: {', '.join(hit.tags)}" if hit.tags else ""
    text = f"Text in it: {hit.text[:2000]}" if hit.text else ""
    more = "\n".join(part for part in (described, tags, text, f"{date}, {hit.path}") if part)
    return (
        f'<a class="card" href="/picture/{hit.image}" data-image="{hit.image}" data-more="{escape(more)}">'
        f'<span class="shot"><img loading="lazy" decoding="async" alt="" src="/thumbnail/{hit.image}"></span>'
        f"<p{waiting}>{escape(described)}</p>"
        f'<small title="{escape(hit.path)}">{escape(f"{short} · {name}")}</small></a>'
    )


def _empty(wish: Wish, watching: bool) -> str:
    if wish.q or wish.folder or wish.since or wish.until:
        told = "<strong>Nothing found.</strong> Try fewer or other words, or another folder or time."
    elif watching:
        told = "<strong>No pictures yet.</strong> They appear here as soon as they are found in your folders."
    else:
        told = "<strong>No folder is watched.</strong> Choose one: <code>homebody watch add ~/Pictures</code>"
    return f'<div class="empty">{told}</div>'


def state(gallery: Mapping[str, Any] | None) -> str:
    """How far the gallery is; None: it does not run."""
    if gallery is None:
        return (
            '<span class="problem">The gallery does not run, so nothing new is described.</span> '
            "<span>Start it with <code>homebody run</code></span>"
        )
    folders = gallery.get("folders", ())
    total = sum(folder["pictures"] for folder in folders)
    done = sum(folder["captioned"] for folder in folders)
    refused = int(gallery.get("refused_count", 0))
    word = escape(_WORDS.get(str(gallery.get("state")), str(gallery.get("state"))))
    parts = [f'<span data-captioned="{done}">{word}: {done} of {total}</span>']
    if total and done + refused < total:
        parts.append(f'<progress max="{total}" value="{done + refused}" aria-label="Described"></progress>')
    if gallery.get("rate_per_min"):
        parts.append(f"<span>{gallery['rate_per_min']:g} a minute</span>")
    if gallery.get("left_s"):
        parts.append(f"<span>{_lasting(float(gallery['left_s']))} left</span>")
    if refused:
        again = '<form method="post" action="/retry"><button>Try them again</button></form>'
        lines = "".join(
            f"<li>{escape(_refused(str(one['path']), str(one['reason'])))}</li>"
            for one in gallery.get("refused", ())[:REFUSED_LIMIT]
        )
        parts.append(f"<details><summary>{refused} set aside</summary><ul>{lines}</ul>{again}</details>")
    return "".join(parts)


def _refused(path: str, reason: str) -> str:
    return reason if path in reason else f"{path}: {reason}"


def _lasting(seconds: float) -> str:
    minutes = seconds / 60
    return f"{round(seconds)} s" if minutes < 2 else f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _date(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat() if "1900" <= text[:4] <= "9000" else ""
    except ValueError:
        return ""
