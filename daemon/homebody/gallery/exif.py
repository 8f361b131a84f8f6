"""What a camera writes into a picture beside the picture: when, with what, and where. Pure; garbage gives None."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

# Tags of Exif 2.32 (CIPA DC-008), section 4.6.
_MAKE, _MODEL, _CHANGED_AT = 0x010F, 0x0110, 0x0132
ORIENTATION: Final = 0x0112
_TAKEN_AT, _DIGITISED_AT, _OFFSET_TAKEN = 0x9003, 0x9004, 0x9011
_GPS_LATITUDE_REF, _GPS_LATITUDE, _GPS_LONGITUDE_REF, _GPS_LONGITUDE = 1, 2, 3, 4
EXIF_IFD: Final = 0x8769
GPS_IFD: Final = 0x8825

_WHEN: Final = re.compile(r"(\d{4})[:\-/](\d\d)[:\-/](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)")
_CAMERA_LIMIT_CHARS: Final = 100


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the picture's EXIF says; None where it says nothing usable.

    Attributes:
        taken_at: ISO 8601, with an offset only where the camera wrote one; else the camera's own local time.
        camera: Make and model.
        latitude, longitude: Degrees, WGS 84 as a rule; north and east are positive. Both or none.
    """

    taken_at: str | None = None
    camera: str | None = None
    latitude: float | None = None
    longitude: float | None = None


def facts(main: Mapping[int, Any], exif: Mapping[int, Any], gps: Mapping[int, Any]) -> Facts:
    """The facts in the three directories of EXIF, as Pillow's ``Exif`` and ``get_ifd`` give them."""
    latitude = _degrees(gps.get(_GPS_LATITUDE), gps.get(_GPS_LATITUDE_REF), "S", 90)
    longitude = _degrees(gps.get(_GPS_LONGITUDE), gps.get(_GPS_LONGITUDE_REF), "W", 180)
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):  # 0, 0: cameras without a fix
        latitude = longitude = None
    return Facts(taken_at=_taken_at(main, exif), camera=_camera(main), latitude=latitude, longitude=longitude)


def orientation(main: Mapping[int, Any]) -> int:
    """1 to 8, Exif's numbering of how the stored rows and columns are to be shown; 1: as they are."""
    value = main.get(ORIENTATION)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _taken_at(main: Mapping[int, Any], exif: Mapping[int, Any]) -> str | None:
    for value in (exif.get(_TAKEN_AT), exif.get(_DIGITISED_AT), main.get(_CHANGED_AT)):
        found = _WHEN.match(_text(value))
        if found is None:
            continue
        try:
            when = dt.datetime(*map(int, found.groups()), tzinfo=_zone(_text(exif.get(_OFFSET_TAKEN))))  # type: ignore[arg-type,misc]
        except ValueError:  # 0000:00:00 is what a camera writes whose clock was never set
            continue
        return when.isoformat()
    return None


def _zone(text: str) -> dt.timezone | None:
    found = _OFFSET.match(text)
    if found is None or int(found[2]) > 14 or int(found[3]) > 59:
        return None
    offset = dt.timedelta(hours=int(found[2]), minutes=int(found[3]))
    return dt.timezone(-offset if found[1] == "-" else offset)


def _camera(main: Mapping[int, Any]) -> str | None:
    make, model = _text(main.get(_MAKE)), _text(main.get(_MODEL))
    if make and model.lower().startswith(make.split()[0].lower()):
        make = ""  # "Canon" and "Canon EOS 5D"
    return f"{make} {model}".strip()[:_CAMERA_LIMIT_CHARS] or None


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in value.split("\0")[0]).split())


def _degrees(value: Any, reference: Any, negative: str, limit: float) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    total = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(total) or not 0 <= total <= limit:
        return None
    return round(-total if _text(reference).upper().startswith(negative) else total, 6)
