"""`homebody stats`: where the milliseconds of past turns went."""

from __future__ import annotations

from collections import Counter
from contextlib import closing

import click
import msgspec

from homebody.cli.output import emit, say
from homebody.ledger import LEGS, Ledger, Leg, legs
from homebody.paths import data_dir

MEANING = dict(
    zip(
        LEGS,
        (
            "the end was decided",
            "the words were there",
            "somebody took the question",
            "the answer began",
            "its first sound was made",
            "the first sound was heard",
            "the last sound was heard",
        ),
        strict=True,
    )
)


@click.command()
@click.option("--last", default=1000, show_default=True, help="How many turns back.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a leg.")
def stats(last: int, as_json: bool) -> None:
    """p50 and p95 of each leg of past spoken turns, from the end of speech."""
    with closing(Ledger(data_dir())) as ledger:
        turns = ledger.turns(last)
    found = legs(turn for turn in turns if turn.outcome == "answered")
    if as_json:
        for leg in found:
            emit(msgspec.to_builtins(leg))
    elif not turns:
        say("No spoken turn yet.")
    else:
        outcomes = Counter(turn.outcome for turn in turns).most_common()
        say(f"{len(turns)} turns: " + ", ".join(f"{count} {outcome}" for outcome, count in outcomes) + ".")
        say(table(found))


def table(found: list[Leg]) -> str:
    """The legs as a person reads them."""
    rows = [f"{'after the end of speech, until':32} {'p50':>8} {'p95':>8}"]
    rows += [f"{MEANING[leg.name]:32} {leg.p50_ms:5.0f} ms {leg.p95_ms:5.0f} ms" for leg in found]
    return "\n".join(rows)
