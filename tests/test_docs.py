"""What the documents promise: links lead somewhere, files that are named exist, commands and benches are told of."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.commands.bench import BENCHES, DRILL
from app.commands.cli import COMMANDS
from tests.tree import ROOT, tracked

PAGES = sorted(path for path in tracked() if path.endswith(".md"))
ROOMS = ("app", "audio_io", "avatar", "docs", "inference", "resources", "tests")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_NAMED = re.compile(rf"`((?:{'|'.join(ROOMS)})/[\w./-]+)`")
_COMMAND = re.compile(r"`?\./run ([a-z][a-z-]+)")


def anchors(text: str) -> Iterator[str]:
    """Yield what a page's headings can be linked by."""
    for heading in re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M):
        yield re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in _LINK.findall((ROOT / page).read_text("utf-8")):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (ROOT / page).parent / path if path else ROOT / page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found.read_text("utf-8")), target


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page: str) -> None:
    for name in _NAMED.findall((ROOT / page).read_text("utf-8")):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_are_named_exist(page: str) -> None:
    assert set(_COMMAND.findall((ROOT / page).read_text("utf-8"))) <= set(COMMANDS)


def test_every_command_and_bench_is_told_of() -> None:
    commands = (ROOT / "docs/commands.md").read_text("utf-8")
    assert [name for name in COMMANDS if f"./run {name}" not in commands] == []
    figures = (ROOT / "docs/figures.md").read_text("utf-8")
    assert [name for name in (*BENCHES, DRILL) if f"| `{name}` |" not in figures] == []


def test_every_page_is_found_from_the_first() -> None:
    reached, left = {"README.md"}, ["README.md"]
    while left:
        page = left.pop()
        for target in _LINK.findall((ROOT / page).read_text("utf-8")):
            path = ((ROOT / page).parent / target.partition("#")[0]).resolve()
            if path.suffix == ".md" and path.is_relative_to(ROOT) and path.relative_to(ROOT).as_posix() not in reached:
                left.append(path.relative_to(ROOT).as_posix())
                reached.add(left[-1])
    assert [page for page in PAGES if page.startswith("docs/") and page not in reached] == []


def test_the_readme_is_a_page() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.count("\n") <= 70
    assert Path(ROOT / "docs/screenshot.jpg").stat().st_size < 400_000
