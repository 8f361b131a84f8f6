"""The monitor's screen, in textual (extra ``[tui]``): it looks and draws four times a second, however much happens."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import ClassVar, Final

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Footer, Static

from homebody.cli.monitor_view import EVENTS, View, lines
from homebody.client import HomebodyClient
from homebody.errors import HomebodyError
from homebody.keys import ClientKey

DRAW_S: Final = 0.25
PANELS: Final = {"now": "now", "talk": "the last words", "times": "where the milliseconds went", "wrong": "problems"}


class MonitorScreen(App[None]):
    """A client of the router: follows its events and reads the voice's gauges.

    Args:
        endpoint, key: Of the router, as `HomebodyClient.connect` takes them.

    Attributes:
        view: What is shown.
        draws: How often it was drawn.
    """

    TITLE = "homebody monitor"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        ("l", "listen", "Listen"),
        ("m", "mute", "Mute or unmute"),
        ("q", "quit", "Quit"),
    ]
    CSS = """
    Static { border: round $primary; border-title-color: $text; padding: 0 1; height: auto; }
    #wrong { border: round $warning; display: none; }
    #wrong.-some { display: block; }
    """

    def __init__(self, endpoint: str, key: ClientKey | None = None) -> None:
        super().__init__()
        self.view, self.draws = View(), 0
        self._endpoint, self._key = endpoint, key
        self._client: HomebodyClient | None = None

    def compose(self) -> ComposeResult:
        """The panels."""
        for name, title in PANELS.items():
            panel = Static(id=name)
            panel.border_title = title
            yield panel
        yield Footer()

    def on_mount(self) -> None:
        """Begin."""
        self.run_worker(self._work(), exit_on_error=False)
        self.set_interval(DRAW_S, self._draw)
        self._draw()

    def action_listen(self) -> None:
        """Have the assistant listen, as `homebody listen`."""
        self.run_worker(self._listen(), exit_on_error=False)

    def action_mute(self) -> None:
        """Close the assistant's microphone or open it again, as `homebody mute --toggle`."""
        self.run_worker(self._mute(), exit_on_error=False)

    async def _work(self) -> None:
        async with HomebodyClient.connect(self._endpoint, self._key) as self._client, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(self._client))
            tasks.create_task(self._look(self._client))

    async def _follow(self, client: HomebodyClient) -> None:
        seq, instance = 0, None  # from the first event that the router still has
        while True:
            try:
                async with aclosing(client.follow(*EVENTS, since_seq=seq, instance=instance)) as events:
                    async for event in events:
                        seq, instance = event.seq, event.instance
                        self.view.event(event)
            except HomebodyError as error:
                self.view.gone(error.reason)
            await asyncio.sleep(DRAW_S)

    async def _look(self, client: HomebodyClient) -> None:
        while True:
            try:
                done = await client.control("voice", "gauges", deadline_ms=2000)
                self.view.look(done.value or {})
            except HomebodyError as error:
                self.view.gone(error.reason)
            await asyncio.sleep(DRAW_S)

    async def _listen(self) -> None:
        try:
            if self._client is not None:
                await self._client.listen(deadline_ms=180_000)
        except HomebodyError as error:
            self.notify(error.reason, severity="warning")

    async def _mute(self) -> None:
        try:
            if self._client is not None:
                await self._client.control("voice", "toggle_microphone")
        except HomebodyError as error:
            self.notify(error.reason, severity="warning")

    def _draw(self) -> None:
        self.draws += 1
        width = max(20, self.size.width - 6)
        view = self.view
        now, talk, wrong = view.now(width), view.talk(width), view.wrong()
        # What is left for turns: the borders of the panels, the legend and the last line are there in any case.
        taken = lines(now, width) + lines(talk, width) + 8 + (lines(wrong, width) + 2 if wrong else 0)
        times = view.times(width, max(1, self.size.height - taken))
        for name, text in (("now", now), ("talk", talk), ("times", times), ("wrong", wrong)):
            self.query_one(f"#{name}", Static).update(text)
        self.query_one("#wrong", Static).set_class(bool(wrong), "-some")
