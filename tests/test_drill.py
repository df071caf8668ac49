"""The drill finds what is broken, and a few trials of everything find nothing."""

from app.bench import drill
from app.bench.options import BenchOptions
from tests.drill.supervised import run_trials


def test_the_drill_counts_each_way_to_break() -> None:
    counts = run_trials("broken", 0, 0)
    figures = {"trials": 7, "tracebacks": 3, "hangs": 1, "lost": 0, "over_memory": 1, "wrong": 0}
    assert counts.figures() == figures, counts.found


def test_a_few_trials_of_every_drill_break_nothing() -> None:
    figures = drill.measure(BenchOptions(quick=True))
    assert figures["trials"] > 150
    assert not any(figures[name] for name in ("tracebacks", "hangs", "lost", "over_memory", "wrong")), figures["found"]
