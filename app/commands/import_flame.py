"""`import-flame`: checks a FLAME file in any of its official forms and keeps it, converted."""

import argparse
import sys
from pathlib import Path

from app import store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="flame2023_Open.pkl, generic_model.pkl, or an npz")


def run(options: argparse.Namespace) -> int:
    """Import; return 0, or 2 where the file is what was imported."""
    from app.session.faces import load_heads
    from avatar.flame.model import import_flame
    from avatar.rig.basis import FLAME

    target = store.flame_model()
    if target.exists() and options.file.exists() and options.file.samefile(target):
        print(f"{options.file} is the imported file itself: name the one that it was made from", file=sys.stderr)
        return 2
    model = import_flame(options.file, target)
    load_heads(
        (FLAME, FLAME)
    )  # laid over the bundled heads and dressed now, which takes seconds and what the window lacks
    print(f"FLAME is imported: {len(model.v_template)} vertices, kept at {target}")
    print(f"SHA-256 of {options.file.name}: {model.sha256}")
    print("DualTalk was learned with FLAME 2020: other releases show its expressions only about as they are meant")
    print("FLAME's licence goes with it: FLAME 2023 Open is CC-BY-4.0, the others are for non-commercial research only")
    return 0
