"""Profiles: what this machine runs, in TOML, refused early and by name.

A profile is a shipped file (``profiles/embedded.toml``) with the person's own ``homebody.toml`` laid over it, key by
key. Both are read into frozen structs: an unknown key, a wrong type or a value out of bounds is refused with file, key
and reason before anything is loaded.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from homebody.addresses import http_host, is_this_machine
from homebody.errors import ProfileError
from homebody.options import MachineOptions, Part, RouterOptions, TextModelOptions, VoiceOptions, Wire
from homebody.options_gallery import GalleryOptions
from homebody.paths import config_dir, default_endpoint, shipped

DEFAULT: Final = "embedded"
BACKENDS: Final = ("ollama", "openai", "ctranslate2", "transformers", "none")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


class Profile(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole profile.

    Attributes:
        name: The shipped file's name without ``.toml``.
        summary: One sentence for a person: for which machine.
        notice: Said on screen and, at the first start, aloud; for profiles whose models are not what one would expect.
    """

    name: str
    summary: str
    notice: str = ""
    machine: MachineOptions = MachineOptions()
    wire: Wire = Wire()
    voice: VoiceOptions = VoiceOptions()
    router: RouterOptions = RouterOptions()
    gallery: GalleryOptions = GalleryOptions()


def load(name: str | None = None, *, overlay: Path | None = None) -> Profile:
    """The profile of this name with the person's own keys laid over it.

    Args:
        name: A shipped profile's name or the path of a ``.toml`` file; None: ``$HOMEBODY_PROFILE``, else the key
            ``profile`` of homebody.toml, else ``embedded``.
        overlay: The person's file; None: ``homebody.toml`` in the configuration directory, if it exists.

    Raises:
        ProfileError: Unknown profile, unreadable file, unknown key, wrong type or value out of bounds.
    """
    overlay = overlay or config_dir() / "homebody.toml"
    own = _read(overlay) if overlay.exists() else {}
    own_name = own.pop("profile", None)
    if own_name is not None and not isinstance(own_name, str):
        raise ProfileError(f"{overlay}: profile: expected a profile's name.", "Write it in quotation marks.")
    path = _find(name or os.environ.get("HOMEBODY_PROFILE") or own_name or DEFAULT)
    table = _read(path)
    table.setdefault("name", path.stem)
    _check(table, path)
    if own:
        # The overlay is checked by itself first, so that what is refused is named with the file it stands in.
        _check({"name": "x", "summary": "x", **own}, overlay, also=("profile",))
    profile = msgspec.convert(_merged(table, own), Profile)
    _check_servers(profile.router, overlay if own else path)
    return profile


def shipped_only(name: str) -> Profile:
    """A shipped profile without the person's own keys.

    Raises:
        ProfileError: There is none of that name.
    """
    path = _find(name)
    table = _read(path)
    table.setdefault("name", path.stem)
    _check(table, path)
    return msgspec.convert(table, Profile)


def endpoint_of(profile: Profile) -> str:
    """Where this profile's router listens."""
    return profile.wire.endpoint or default_endpoint()


def names() -> list[str]:
    """The shipped profiles."""
    return sorted(path.stem for path in shipped("profiles").glob("*.toml"))


def _find(name: str) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    path = shipped("profiles") / f"{name}.toml"
    if not path.exists():
        raise ProfileError(f"There is no profile named {name}.", f"Choose one of: {', '.join(names())}.")
    return path


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read: {error.strerror}.", "Check the path and its rights.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path}: is not TOML: {error}.", "Mend that line.") from error


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _check(table: Mapping[str, Any], path: Path, *, also: tuple[str, ...] = ()) -> None:
    """``also``: keys that are known at the top and read elsewhere."""
    try:
        router = msgspec.convert(table, Profile).router
    except msgspec.ValidationError as error:
        _check_keys(table, path, also)  # only now: resolving every table's type takes longer than all else here
        reason, _, where = str(error).partition(" - at ")
        dotted = where.strip("`").removeprefix("$.") or "the file"
        raise ProfileError(f"{path}: {dotted}: {reason[0].lower() + reason[1:]}.", "Mend that value.") from error
    chosen = {"router.text": router.text.backend}
    chosen |= {f'router.models."{model}"': own.backend for model, own in router.models.items() if own.backend}
    for dotted, backend in chosen.items():
        if backend not in BACKENDS:
            raise ProfileError(
                f"{path}: {dotted}.backend: there is no backend named {backend}.",
                f"Choose one of: {', '.join(BACKENDS)}.",
            )


def _check_keys(table: Mapping[str, Any], path: Path, also: tuple[str, ...]) -> None:
    """Refuse the first key there is not, with the one that may have been meant."""
    import difflib

    for key, struct in _tables(table, Profile):
        unknown = sorted(set(_at(table, key)) - {f.encode_name for f in msgspec.structs.fields(struct)})
        if unknown:
            dotted = ".".join((*key, unknown[0]))
            known = (*struct.__struct_fields__, *(() if key else also))
            near = difflib.get_close_matches(unknown[0], known, 1, 0.6)
            raise ProfileError(
                f"{path}: {dotted}: there is no such key.",
                f"Did you mean {'.'.join((*key, near[0]))}?" if near else f"Known here: {', '.join(known)}.",
            )


def _check_servers(router: RouterOptions, path: Path) -> None:
    """What the keys of ``router.text``, and those of models with a server of their own, say together."""
    _check_server(router.text, "router.text", path)
    for model, own in router.models.items():
        backend, base_url = own.backend or router.text.backend, own.base_url or router.text.base_url
        text = msgspec.structs.replace(router.text, backend=backend, base_url=base_url)
        _check_server(text, f'router.models."{model}"', path)


def _check_server(text: TextModelOptions, dotted: str, path: Path) -> None:
    if text.backend != "openai":
        return
    if (host := http_host(text.base_url)) is None:
        raise ProfileError(
            f"{path}: {dotted}.base_url: {text.base_url} is not an address.",
            "Write it like http://127.0.0.1:8080/v1.",
        )
    if not (text.openai.allow_remote or is_this_machine(host)):
        raise ProfileError(
            f"{path}: {dotted}.base_url: {host} is not this machine, and what is said at home would go there.",
            "Write allow_remote = true under [router.text.openai] if that is what you want.",
        )


def _tables(
    table: Mapping[str, Any], struct: type[msgspec.Struct], key: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], type[msgspec.Struct]]]:
    """Every table present, outermost first, with the struct it is read into."""
    found = [(key, struct)]
    for field in msgspec.structs.fields(struct):
        inner = table.get(field.name)
        if isinstance(inner, Mapping) and isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            found += _tables(inner, field.type, (*key, field.name))
    return found


def _at(table: Mapping[str, Any], key: tuple[str, ...]) -> Mapping[str, Any]:
    for name in key:
        table = table[name]
    return table


def to_toml(profile: Profile) -> str:
    """The whole profile, every key written out, as a file that `load` takes."""
    return "\n".join(_lines(msgspec.to_builtins(profile), ())) + "\n"


def _lines(table: Mapping[str, Any], key: tuple[str, ...]) -> list[str]:
    # JSON's strings, numbers, booleans and arrays of strings are TOML's as well; null is what was left out.
    written = {name: value for name, value in table.items() if value is not None and not _is_table(value)}
    plain = [f"{name} = {msgspec.json.encode(value).decode()}" for name, value in written.items()]
    inner = [line for name, value in table.items() if _is_table(value) for line in _lines(value, (*key, name))]
    heading = ".".join(name if _BARE.fullmatch(name) else msgspec.json.encode(name).decode() for name in key)
    return ([f"[{heading}]"] if key and plain else []) + plain + inner


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)
