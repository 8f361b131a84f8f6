"""``python -m`` this module: the whole X11 desktop as PNG on standard output; what is wrong, on standard error."""

from __future__ import annotations

import io
import sys
import warnings


def main() -> int:
    """Take it; returns the exit status."""
    import mss
    from mss.exception import ScreenShotError
    from PIL import Image

    warnings.simplefilter("ignore")
    try:
        with mss.MSS() as screen:
            shot = screen.grab(screen.monitors[0])  # 0: all of them together
    except (ScreenShotError, OSError, ValueError, IndexError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    image = Image.frombytes("RGB", shot.size, shot.bgra, "raw", "BGRX")
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    sys.stdout.buffer.write(out.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
