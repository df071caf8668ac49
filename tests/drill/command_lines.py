"""Command lines that are wrong: {a} and {b} are recordings, {d} is their folder, {p} a path and {n} a number to try."""

from typing import Final

from app.commands.cli import COMMANDS

_TALK: Final = "render {a} {b} -o {d}/new.mp4"
_COMPARED: Final = "compare {a} {b} --models duet"
_NUMBERS: Final = (
    "-1", "0", "1e9", "nan", "x", "", "99999999999999999999", "1.5", "²", "one", "0x0", "64x", "63x64", "1x1",
)  # fmt: skip
_PATHS: Final = (
    "/nowhere/x", "", "/dev/null/x", "{d}", "{d}/missing.wav", "{d}/text.txt", "~", "x" * 5000, "{d}/é\udcff",
)  # fmt: skip
# Outputs that are inputs by any name: what was there has to be there after.
OVER: Final = (
    "render {a} {b} -o {a}", "render {a} {b} -o {d}/link.wav", "render {a} {b} --motion {b}", "render {a} {b} -o {d}/hard.wav",
    "render {a} {b} -o {d}/x/../a.wav", "render {a} {d}/same.mp4 -o {d}/same.mp4", "render {a} {b} -o {d}/s --motion {d}/s",
    "render {d}/m_partner.wav {b} --motion {d}/m.wav", "replay {d}/session -o {d}/session/user.wav",
    "replay {d}/session -o {d}/session/session.json", "replay {d}/session -o {d}/session/agent.motion",
    "replay {d}/session --model duet -o {d}/session/agent.wav", "compare {a} {b} --models duet -o {b}",
    "converse {d}/own.yaml mira --turns 1 -o {d}/own.yaml",
    "render {a} {b} --background {d}/picture.png -o {d}/picture.png",
)  # fmt: skip
_WITH_NUMBERS: Final = (
    f"{_TALK} --size {{n}}", f"{_TALK} --seed {{n}}", f"{_TALK} --look-ahead {{n}}", f"{_TALK} --shape {{n}}",
    f"{_TALK} --background {{n}}", f"{_TALK} --mood {{n}}",
    "converse mira theo -o {d}/new.mp4 --turns {n}",
    "replay {d}/session -o {d}/new.mp4 --seed {n}", "heads -o {d}/new.png --cell {n}",
    f"{_COMPARED} -o {{d}}/c.mp4 --size {{n}}",
    "bench sync --minutes {n}", "bench conversation --turns {n}", "train duet --steps {n}", "evaluate {d} --workers {n}",
)  # fmt: skip
_WITH_PATHS: Final = (
    "render {p} {b} -o {d}/new.mp4", "render {a} {p} --motion {d}/new.npz",
    "render {a} {b} -o {p}", "render {a} {b} --motion {p}",
    f"{_TALK} --partner-motion {{p}}", f"{_TALK} --duet-weights {{p}}", f"{_TALK} --model dualtalk --weights {{p}}",
    f"{_TALK} --background {{p}}", f"{_TALK} --shape {{p}}.npz", "converse {p} mira -o {d}/new.mp4 --turns 1",
    "converse mira theo --turns 1 -o {p}", "replay {p} -o {d}/new.mp4", "replay {d}/session -o {p}", "heads --cell 20 -o {p}",
    "compare {p} {b} --models duet -o {d}/c.mp4", f"{_COMPARED} -o {{p}}", f"{_COMPARED} --truth {{p}} -o {{d}}/c.mp4",
    "evaluate {p}", "evaluate {d} --model {p}", "evaluate duet --duet-weights {p}", "import-dualtalk {p}", "import-flame {p}",
    "import-whisper {p}.pt", "import-voice {p}", "train dualtalk {p}", "window --play {p} {b}",
)  # fmt: skip
_ODD: Final = (
    "", "unknown", "render", "render {a}", "render {a} {b}", "replay", "heads x", "import-dualtalk", "compare", "evaluate",
    "bench", "bench unknown", "train", "train unknown", f"{_TALK} --head nobody", "converse nobody mira -o {d}/n.mp4",
    f"{_TALK} --device toaster --model dualtalk", f"{_TALK} --background transparent", "render {a} {b} -o {d}/new.xyz",
    "window --play {a}", "window --agent", f"{_TALK} --head flame", "-x", "render {d}/x {d}/y -o z", "doctor x",
    "import-whisper gigantic",
    "voices --play nobody", "voices --measure http://",
    "evaluate {d} --model duet", "import-flame", "window x", "window", "replay {d}/session",
)  # fmt: skip


def lines() -> list[list[str]]:
    """Return all of them, each in words; those of OVER come first."""
    found = [line.split() for line in (*OVER, *_ODD, *(f"{name} --unknown" for name in COMMANDS))]
    for pattern, values in ((_WITH_NUMBERS, _NUMBERS), (_WITH_PATHS, _PATHS)):
        for line in pattern:
            found += [[w.replace("{n}", v).replace("{p}", v) for w in line.split()] for v in values]
    return found
