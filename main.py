"""DualTalk Live: talk with an agent and watch two heads hold the conversation. See `./run --help`."""

import sys

from app.commands.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
