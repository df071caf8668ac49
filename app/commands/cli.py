"""The command line: which commands there are, and how their failures are told."""

import argparse
import importlib
import logging
import os
import sys
import traceback
from typing import Final

from app import log
from app.errors import MissingError, in_words
from app.groups import group_of, missing

_LOG: Final = logging.getLogger(__name__)
DONE, FAILED, WRONG_USE = 0, 1, 2

# Command: its module under app.commands, and what it does in a line.
COMMANDS: Final = {
    "window": ("window", "open the program (what happens with no command)"),
    "render": ("render", "two recordings to a video of both heads, and to motion files"),
    "converse": ("converse", "two agents talk with each other, on screen or to a video"),
    "replay": ("replay", "a recorded session again: the same picture, or with another model or heads"),
    "settings": ("settings", "print what a session begins with, and where each value comes from"),
    "memory": ("memory", "print what an agent may remember of you, or delete it"),
    "report": ("report", "pack the logs, doctor's result and the settings into one file for a bug report"),
    "doctor": ("doctor", "say part by part what is there, what is missing, and the remedy"),
    "compare": ("compare", "the same conversation by several motion models, in one video"),
    "evaluate": ("evaluate", "measure the bundled model, or any model or motion files on a data set"),
    "bench": ("bench", "measure this machine by one bench, or all of them; drill: try what breaks the program"),
    "train": ("train", "train the bundled motion model on free voices, or DualTalk on its data set"),
    "import-dualtalk": ("import_dualtalk", "check and keep the authors' DualTalk checkpoint, or download it"),
    "fetch": ("fetch", "get what hears and speaks well now: it comes by itself with the first conversation"),
    "import-whisper": ("import_whisper", "keep a Whisper model for speech recognition, or download one"),
    "import-voice": ("import_voice", "check and keep a Piper voice for the agent"),
    "voices": ("voices", "list the voices that can speak for the agent; play or measure one"),
    "import-flame": ("import_flame", "check and keep a FLAME head, which DualTalk's faces need"),
    "heads": ("heads", "draw every head in the expressions that matter, as one picture"),
    "build-heads": ("build_heads", "build the bundled heads from their CC0 source"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.description = "DualTalk Live: talk with an agent and watch two 3D heads hold the conversation."
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, (_, about) in COMMANDS.items():
        commands.add_parser(name, help=about, add_help=False)
    return parser


def main(arguments: list[str]) -> int:
    """Run a command; return its exit code: 0 done, 1 the work failed, 2 wrong use or a missing part."""
    # Two torch threads that spin for work starve sound and window.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if arguments and arguments[0] in ("-h", "--help"):
        _parser().print_help()
        return DONE
    named = bool(arguments) and not arguments[0].startswith("-")
    command, rest = (arguments[0], arguments[1:]) if named else ("window", arguments)
    if command not in COMMANDS:
        print(f"there is no command {command!r}: choose one of {', '.join(COMMANDS)}", file=sys.stderr)
        return WRONG_USE
    module_name, about = COMMANDS[command]
    module = importlib.import_module(f"app.commands.{module_name}")
    parser = argparse.ArgumentParser(prog=f"./run {command}", description=about[0].upper() + about[1:] + ".")
    parser.add_argument("--debug", action="store_true", help="show the whole traceback of a failure")
    parser.add_argument("--log-speech", action="store_true", help="keep what is said and written in the log, too")
    module.add_arguments(parser)
    options = parser.parse_args(rest)
    log.begin(command, options.log_speech)
    try:
        return int(module.run(options))
    except KeyboardInterrupt:
        return FAILED
    except Exception as error:  # whatever a command ends with is told in one line, and kept whole in the log
        _LOG.error("%s failed", command, exc_info=error)
        if options.debug:
            traceback.print_exc()
        group = group_of(error.name or "") if isinstance(error, ModuleNotFoundError) else None
        print(f"{command}: {missing(group) if group else in_words(error)}", file=sys.stderr)
        return WRONG_USE if group or isinstance(error, (FileNotFoundError, MissingError)) else FAILED
