"""Whether there is anything for a service to do: ``python -m homebody.setup.wanted gallery [PROFILE]``.

For ``ExecCondition=`` of systemd.service(5): 0 starts the service, 1 leaves it out without calling that a failure.
"""

from __future__ import annotations

import sys

from homebody import profile as profiles
from homebody.errors import HomebodyError
from homebody.process import complain


def main(arguments: list[str]) -> int:
    """The gallery is wanted where the profile names a folder to watch."""
    service, chosen = arguments[0], arguments[1] if len(arguments) > 1 else None
    try:
        table = getattr(profiles.load(chosen), service, None)
    except HomebodyError as error:
        complain(error)
        return 255  # systemd calls this one a failure, and it is
    return 0 if getattr(table, "folders", ()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
