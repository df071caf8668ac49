"""Asks in the terminal whether something may be downloaded."""

import sys


def agreed(yes: bool) -> bool:
    """Return whether the person agrees to a download: by --yes, or by answering; where nobody can be asked, not."""
    if yes:
        return True
    if not sys.stdin.isatty():
        print("nothing was downloaded: say --yes to agree", file=sys.stderr)
        return False
    print("download it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
