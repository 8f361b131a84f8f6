"""`homebody keys`: who may come in from other machines."""

from __future__ import annotations

from pathlib import Path

import click

from homebody import keys as store
from homebody.cli.output import emit, say

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.group(invoke_without_command=True)
@_json
@click.pass_context
def keys(ctx: click.Context, as_json: bool) -> None:
    """Who may come in from other machines. Alone: this router's public key, made at the first time."""
    if ctx.invoked_subcommand is not None:
        return
    public_key, folder = store.make_server_key().public_key, store.keys_dir()
    if as_json:
        emit({"public_key": public_key, "folder": str(folder), "clients": _listed()})
        return
    say(f"{public_key}\n  This router's public key; the pair is in {folder}.")
    if not store.listed():
        say("  No client is listed. Make a key for one with: homebody keys add NAME")


@keys.command()
@click.argument("name")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file; default: NAME.key here."
)
@click.option("--public-key", metavar="KEY", help="List a pair made elsewhere; no file is written.")
@_json
def add(name: str, output: Path | None, public_key: str | None, as_json: bool) -> None:
    """Let a client in: make its key, in a file to carry to the other machine, and list it."""
    if public_key is not None:
        server_key = store.make_server_key().public_key
        store.add(name, public_key)
        path = None
    else:
        path = output or Path(f"{name}.key")
        client = store.add_new(name, path)
        server_key, public_key = client.server_key, client.public_key
    if as_json:
        file = str(path) if path else None
        emit({"name": name, "public_key": public_key, "server_key": server_key, "file": file})
    elif path is None:
        say(f"{name} is listed. It knows this router by its public key:\n  {server_key}")
    else:
        say(f"{name} is listed. Carry {path} to its machine and delete it here: it is the client's secret. There:")
        say(f'  homebody ask --endpoint tcp://ADDRESS:PORT --key {path.name} "what time is it"')


@keys.command()
@click.argument("name")
def remove(name: str) -> None:
    """Let a client in no more; what it has open ends within a second."""
    store.remove(name)
    say(f"{name} is no longer listed.")


@keys.command(name="list")
@_json
def list_(as_json: bool) -> None:
    """Who is let in."""
    if as_json:
        emit({"clients": _listed()})
        return
    for client in store.listed():
        say(f"{client.public_key}  {client.name}")
    if not store.listed():
        say("No client is listed. Make a key for one with: homebody keys add NAME")


def _listed() -> list[dict[str, str]]:
    return [client._asdict() for client in store.listed()]
