"""Words that differ between what was said and what was heard."""

import numpy as np

from app.agents.wording import words_of


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Return how many words have to be changed, left out or put in to make one of the other (Levenshtein), and of how many."""
    true, found = (words_of(text.replace("’", "'")) for text in (said, heard))
    costs = np.arange(len(found) + 1)
    for number, word in enumerate(true, 1):
        before, costs = costs, np.empty_like(costs)
        costs[0] = number
        for place, other in enumerate(found, 1):
            costs[place] = min(before[place] + 1, costs[place - 1] + 1, before[place - 1] + (word != other))
    return int(costs[-1]), len(true)
