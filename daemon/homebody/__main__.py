"""`homebody` and ``python -m homebody``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its status."""
    from homebody import cli

    sys.exit(cli.main())


if __name__ == "__main__":
    main()
