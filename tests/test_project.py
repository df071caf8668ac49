"""The project's own promises: every file is in the tree, files stay small, licences name what is shipped."""

import ast
from pathlib import Path

from tests.tree import ROOT, TREE, page, tracked

LONGEST_FILE, LONGEST_FUNCTION = 250, 40  # lines


def test_the_tree_is_true() -> None:
    assert TREE.read_text("utf-8") == page(), "write it anew: python -m tests.tree"


def test_modules_open_with_a_line_and_stay_short() -> None:
    for path in tracked():
        if path.endswith(".py") and Path(path).name != "__init__.py":
            text = (ROOT / path).read_text("utf-8")
            assert text.startswith('"""'), path
            assert text.count("\n") <= LONGEST_FILE, path
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, f"{path}: {node.name}"


def test_a_parsed_line_becomes_options_before_any_work() -> None:
    for path in (path for path in tracked() if path.startswith("app/") and path.endswith(".py")):
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        for node in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            if "argparse.Namespace" in ast.unparse(node.args):
                named = node.name.endswith(("_options", "options_of", "settings_of")) or node.name in ("run", "_said")
                assert named and path.startswith("app/commands/"), f"{path}: {node.name}"
            made = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
            assert "argparse.Namespace" not in {ast.unparse(call.func) for call in made}, f"{path}: {node.name}"


def test_packages_do_nothing_when_imported() -> None:
    for path in tracked():
        if path.endswith("__init__.py"):
            assert not (ROOT / path).read_text("utf-8").strip(), path


def test_every_resource_has_a_licence() -> None:
    text = (ROOT / "resources" / "LICENSES.md").read_text("utf-8")
    for folder in {path.split("/")[1] for path in tracked() if path.startswith("resources/") and path.count("/") > 1}:
        assert f"{folder}/" in text, folder


def test_the_heads_and_weights_are_small() -> None:
    size = sum((ROOT / p).stat().st_size for p in tracked() if p.startswith("resources/heads/"))
    assert size < 4e6
    assert (ROOT / "resources/models/duet.safetensors").stat().st_size < 12e6
