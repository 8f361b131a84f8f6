"""Writing to the person's own ``homebody.toml``: what else stands there, and its comments, stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homebody import profile as profiles
from homebody.atomic import replacing
from homebody.errors import NotWritable, ProfileError
from homebody.paths import config_dir


def write(values: Mapping[tuple[str, ...], Any], path: Path | None = None) -> Path:
    """Set these keys (each a path of names), all or none; the file and its folder are made if need be.

    Returns:
        The file's path.

    Raises:
        ProfileError: The file is not TOML, or would not be a profile with these keys; it is as before.
        NotWritable: The folder or the file refuses; it is as before.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = (path or config_dir() / "homebody.toml").resolve()  # a link stays one
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        document = tomlkit.parse(old)
        for key, value in values.items():
            table: Any = document
            for name in key[:-1]:
                if name not in table:
                    table[name] = tomlkit.table(is_super_table=name != key[-2])
                table = table[name]
            table[key[-1]] = value
        _replace(path, tomlkit.dumps(document))
    except (TOMLKitError, UnicodeDecodeError, TypeError) as error:
        raise ProfileError(f"{path}: cannot be added to: {error}.", "Mend it, or add the keys by hand.") from error
    except OSError as error:
        raise NotWritable(f"{path} cannot be written to: {error.strerror}.", "Check the folder's rights.") from error
    return path


def _replace(path: Path, text: str) -> None:
    """Put the new text in place of the old in one step, after it has been read as a profile."""
    with replacing(path, mode=path.stat().st_mode & 0o777 if path.exists() else 0o600) as file:
        file.write(text.encode())
        file.flush()
        try:
            profiles.load(overlay=Path(file.name))
        except ProfileError as error:
            raise ProfileError(error.reason.replace(file.name, str(path)), error.remedy) from error
