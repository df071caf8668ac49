"""`memory`: what an agent remembers of a person who agreed to it; `--forget` deletes it."""

import argparse
import json

from app.agents.persona.memory import Memory, memory_file
from app.documents import read_yaml


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--forget", action="store_true", help="delete it")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def run(options: argparse.Namespace) -> int:
    """Print or delete what is remembered; return 0. Raises OSError, or ValueError where the file is damaged."""
    path = memory_file()
    if options.forget:
        there = Memory(print).forget()
        print(json.dumps({"forgotten": there}) if options.json else f"{'deleted' if there else 'there was no'} {path}")
        return 0
    if path.exists():
        read_yaml(path)  # where it is damaged, that is told, and its place
    told = Memory(print).read()
    if options.json:
        print(json.dumps(told))
        return 0
    if not told:
        print(f"nothing is remembered; what you allow to be would be in {path}")
        return 0
    for key, value in told.items():
        print(f"{key:>10}  {value}")
    print(f"kept in {path}; ./run memory --forget deletes it")
    return 0
