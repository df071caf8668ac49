"""Keeps the processor busy, to see what holds on a loaded machine: `python -m tests.load [LOOPS]`, two unless told."""

import multiprocessing
import sys
from typing import Final

_LOOPS: Final = 2


def _spin() -> None:
    number = 0
    while True:
        number = (number * 1_103_515_245 + 12_345) % 2_147_483_648


def main() -> None:
    """Spin until interrupted."""
    loops = int(sys.argv[1]) if len(sys.argv) > 1 else _LOOPS
    spinning = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(loops)]
    for process in spinning:
        process.start()
    try:
        for process in spinning:
            process.join()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
