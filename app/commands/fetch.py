"""`fetch`: what hears and speaks well, now instead of beside the first conversation; or again, where it is damaged."""

import argparse
import sys
import threading

from app.fetch import BROUGHT, Brought, fetch, wrong


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("names", nargs="*", metavar="|".join(BROUGHT), help="which (default: all)")


def run(options: argparse.Namespace) -> int:
    """Fetch what is not whole; return 0. Raises as `app.fetch.fetch` does."""
    if unknown := sorted(set(options.names) - set(BROUGHT)):
        raise ValueError(f"there is no {unknown[0]!r} to fetch: choose of {', '.join(BROUGHT)}")
    for name in options.names or BROUGHT:
        brought = BROUGHT[name]
        if not wrong(brought.lock, thorough=True):
            print(f"{name}: {brought.what}: is there")
            continue
        print(f"{name}: {brought.what}: {brought.download} MB", file=sys.stderr)
        _fetch(brought)
        print(f"{name}: {brought.what}: is there now, {brought.installed} MB")
    return 0


def _fetch(brought: Brought) -> None:
    from tqdm import tqdm

    with tqdm(total=brought.download, unit="MB", file=sys.stderr) as bar:
        fetch(brought.lock, lambda there: bar.update(round(there - bar.n, 1)), threading.Event())
