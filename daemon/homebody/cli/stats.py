"""`homebody stats`: where the milliseconds of past turns went, and what the models do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import click
import msgspec

from homebody import profile as profiles
from homebody.cli.output import complete, emit, say
from homebody.client import HomebodyClient
from homebody.house import answers, endpoint_of
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
@click.option("--json", "as_json", is_flag=True, help="One JSON object a leg, and one a model.")
@click.pass_obj
def stats(profile: str | None, last: int, as_json: bool) -> None:
    """p50, p95 and p99 of each leg of past spoken turns, from the end of speech; and each model since the start."""
    metrics = complete(_metrics(endpoint_of(profiles.load(profile))))
    models = {name: model for name, model in metrics.get("models", {}).items() if _worked(model)}
    with closing(Ledger(data_dir())) as ledger:
        turns = ledger.turns(last)
    found = legs(turn for turn in turns if turn.outcome == "answered")
    if as_json:
        for leg in found:
            emit(msgspec.to_builtins(leg))
        for name, model in models.items():
            emit({"model": name, **model})
    elif not turns:
        say("No spoken turn yet.")
    else:
        outcomes = Counter(turn.outcome for turn in turns).most_common()
        say(f"{len(turns)} turns: " + ", ".join(f"{count} {outcome}" for outcome, count in outcomes) + ".")
        say(table(found))
    if models and not as_json:
        say(model_table(models))


async def _metrics(endpoint: str) -> dict[str, Any]:
    if not await answers(endpoint):
        return {}
    async with HomebodyClient.connect(endpoint) as client:
        return (await client.status()).metrics


def _worked(model: Mapping[str, Any]) -> bool:
    return bool(model["answers"] or model["stopped"] or model["failures"] or model["fallbacks"] or model["cache_hits"])


def model_table(models: Mapping[str, Mapping[str, Any]]) -> str:
    """What models did, as a person reads it."""
    width = max(24, *map(len, models))
    rows = [f"{'model':{width}} {'answers':>8} {'failed':>7} {'first token':>13} {'tokens/s':>9} {'reloads':>8}"]
    for name, model in models.items():
        first, rate = model["first_token_p50_ms"], model["tokens_per_s"]
        failed = sum(model["failures"].values())
        rows.append(
            f"{name:{width}} {model['answers']:8} {failed:7} {'-' if first is None else f'{first:.0f} ms':>13} "
            f"{'-' if rate is None else f'{rate:.1f}':>9} {model['reloads']:8}"
        )
        if model["fallbacks"] or model["cache_hits"]:
            rows.append(
                f"    passed over {model['fallbacks']} times, answered from the cache {model['cache_hits']} times"
            )
    return "\n".join(rows)


def table(found: list[Leg]) -> str:
    """The legs as a person reads them."""
    rows = [f"{'after the end of speech, until':32} {'p50':>8} {'p95':>8} {'p99':>8}"]
    rows += [f"{MEANING[leg.name]:32} {leg.p50_ms:5.0f} ms {leg.p95_ms:5.0f} ms {leg.p99_ms:5.0f} ms" for leg in found]
    return "\n".join(rows)
