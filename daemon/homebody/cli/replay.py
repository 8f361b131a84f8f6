"""`homebody replay`: decisions of kept turns, made again."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
import msgspec

from homebody import profile as profiles
from homebody.cli.output import emit, say
from homebody.errors import UsageError
from homebody.paths import data_dir

KINDS: Final = {
    "began": "speech began",
    "guess": "a pause: guessed at what was said",
    "resumed": "they went on: guess dropped",
    "ended": "it was the end",
}


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--now", is_flag=True, help="With the profile's present [voice.commit] instead of that day's.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a turn.")
@click.pass_obj
def replay(profile: str | None, folders: tuple[Path, ...], now: bool, as_json: bool) -> int:
    """Decide kept turns again, in virtual time, and compare.

    Turns are kept where the profile says keep_turns = 20 (or so) under [voice]. Without FOLDERS, all of them. The exit
    status is 1 where a decision differs.
    """
    from homebody.voice import kept_turns

    commit = profiles.load(profile).voice.commit if now else None
    chosen = list(folders) or kept_turns.folders(data_dir() / "turns")
    if not chosen:
        raise UsageError("No turn has been kept.", "Write keep_turns = 20 under [voice] in homebody.toml, and talk.")
    differing = 0
    for path in chosen:
        turn, sound = kept_turns.read(path)
        again = kept_turns.replayed(turn, sound, commit)
        same = again == list(turn.decisions)
        differing += not same
        if as_json:
            emit({"turn": path.name, "same": same, **msgspec.to_builtins({"then": turn.decisions, "now": again})})
            continue
        say(f"{path.name}: {'the same decisions' if same else 'OTHER DECISIONS'}")
        began_s = turn.at_s[0]
        for label, decisions in (("", again),) if same else (("then ", turn.decisions), ("now  ", again)):
            for decision in decisions:
                at_ms = 1000 * (turn.at_s[decision.chunk] - began_s)
                say(f"  {label}{at_ms:7.0f} ms  {KINDS[decision.kind]}")
    if not as_json and len(chosen) > 1:
        say(f"{len(chosen) - differing} of {len(chosen)} turns decided as they were.")
    return 1 if differing else 0
