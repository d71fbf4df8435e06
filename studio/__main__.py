"""``python -m studio`` and the console script: a first word is a command or else a project."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run a command or open the window; returns the exit code: 0 done, 1 failed, 2 wrong use."""
    from studio.cli.app import run

    return run(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
