"""`homebody screenshot`: a picture of the screen, and what is to be seen on it."""

from __future__ import annotations

import datetime as dt
from contextlib import aclosing
from pathlib import Path

import click
import platformdirs

from homebody import profile as profiles
from homebody.atomic import replacing
from homebody.cli.elsewhere import Router, chosen, reached, router_options
from homebody.cli.output import aside, complete, emit, folder, say
from homebody.errors import HomebodyError, MissingPart, NotWritable, RemoteFailure
from homebody.messages import Done, Token

SIDE_PX = 1024  # a screen's words are lost at less
BLIND = ("capability", "no_model")  # no model that sees is to be had


@click.command()
@click.argument("question", nargs=-1)
@click.option("-o", "out", type=click.Path(path_type=Path), help="The PNG to write, or a folder for it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: file, and with a question: said, read.")
@click.option("--speak", is_flag=True, help="Have the running assistant say the answer aloud too.")
@click.option(
    "--deadline", "deadline_s", type=click.FloatRange(0.1, 86_400), default=300.0, show_default=True,
    help="Seconds for the answer.",
)  # fmt: skip
@router_options
@click.pass_obj
def screenshot(
    profile: str | None,
    question: tuple[str, ...],
    out: Path | None,
    as_json: bool,
    speak: bool,
    deadline_s: float,
    endpoint: str | None,
    key_file: Path | None,
) -> None:
    """Take a picture of the screen; with a QUESTION, answer it from what is to be seen.

    Without -o, it goes into the folder Screenshots among your pictures. Where no model that sees can be reached, the
    text on the screen is read and printed instead.
    """
    router = chosen(profiles.load(profile), endpoint, key_file)
    complete(_screenshot(profile, router, " ".join(question), out, as_json, speak, deadline_s))


async def _screenshot(
    name: str | None, router: Router, question: str, out: Path | None, as_json: bool, speak: bool, deadline_s: float
) -> None:
    from homebody.gallery.screenshot import take

    data = await take()
    path = _written(data, out)
    if not question:
        if as_json:
            emit({"file": str(path)})
        else:
            say(str(path))
        return
    if not as_json:
        aside(f"Saved as {path}")
    said, read = "", None
    try:
        said = await _asked(name, router, question, data, as_json, speak, deadline_s)
    except RemoteFailure as error:
        if error.code not in BLIND:
            raise
        read = await _read(path, error, as_json)
    if as_json:
        emit({"file": str(path), "said": said, "read": read})


async def _asked(
    name: str | None, router: Router, question: str, data: bytes, as_json: bool, speak: bool, deadline_s: float
) -> str:
    from homebody.gallery.images import prepare_bytes

    picture = prepare_bytes(data, "the picture of the screen", side_px=SIDE_PX, media_type="image/png")
    said = ""
    async with reached(router, name) as (client, _):
        answer = client.ask(question, images=[picture.data], speak=speak, deadline_ms=1000 * deadline_s)
        async with aclosing(answer):
            async for message in answer:
                match message:
                    case Token(channel="answer"):
                        said += message.text
                        if not as_json:
                            say(message.text, end="")
                    case Done() if not as_json:
                        say()
    return said


async def _read(path: Path, blind: HomebodyError, as_json: bool) -> str:
    """The text on the screen, where there is no better answer."""
    from homebody.gallery.ocr import TextReader

    try:
        async with TextReader() as reader:
            text = (await reader.recognize(path)).text
    except MissingPart:
        raise blind from None
    if not as_json:
        aside(f"{blind.reason} {blind.remedy}".strip())
        aside("This is the text on the screen:" if text else "And there is no text on the screen.")
        if text:
            say(text)
    return text


def _written(data: bytes, out: Path | None) -> Path:
    """Write the PNG, whole or not at all, readable by its owner alone; says where."""
    if out is None or out.is_dir():
        out = out or platformdirs.user_pictures_path() / "Screenshots"
        folder(out)
        out /= f"homebody {dt.datetime.now().astimezone():%Y-%m-%d %H.%M.%S}.png"
    try:
        with replacing(out) as file:
            file.write(data)
    except OSError as error:
        raise NotWritable(f"{out} cannot be written: {error.strerror}.", "Choose another with -o.") from error
    return out
