"""audio_io.voices.spelling: what espeak reads wrong is read aloud, the rest is left alone, and words keep their places."""

import pytest

from audio_io.voices.sentences import sentences
from audio_io.voices.spelling import read_aloud

READ = {
    "Dr. Smith met Mrs. Brown on St. John's.": "doctor Smith met missis Brown on saint John's.",
    "Fruit, e.g. pears, i.e. these, vs. those, etc. then.":
        "Fruit, for example pears, that is these, versus those, et cetera then.",
    "It costs €20, $5.50, £0.01, $1 or €3.5 million.": (
        "It costs 20 euros, 5 dollars and 50 cents, 0 pounds and 1 penny, 1 dollar or 3.5 million euros."
    ),
    "In 1984, 1905, 1900 and the 1990s, from 1990-1995.":
        "In 19 84, 19 oh 5, 19 hundred and the 19 nineties, from 19 90 to 19 95.",
    "On 2024-05-12 at 10:00, 9:05 or 10:30.": "On 12 May 2024 at 10 o'clock, 9 oh 5 or 10:30.",
    "On 12/05/2024 at 5:00 p.m.": "On 12 05 2024 at 5 p.m.",
    "Jan. 5 and No. 6.": "January 5 and number 6.",
    "3.5 km, 1 kg, 20 °C, 16 kHz, 60 fps, 20 ms, 12 MB.": (
        "3.5 kilometres, 1 kilogram, 20 degrees Celsius, 16 kilohertz, 60 frames a second, 20 milliseconds, 12 megabytes."
    ),
    "See https://example.org/a-b/ or www.example.org.": "See example dot org slash a dash b or www dot example dot org.",
    "1/2 of it, 2/3, and 24/7.": "a half of it, 2 thirds, and 24 7.",
    "Mm-hm. Hm?": "um-hum. hmm?",
    "Well… yes.": "Well, yes.",
}  # fmt: skip
LEFT = (
    "It is 25% of 1,000,000, the 3rd.", "I am 5. No. I do not.", "Mail mira@example.org at 10:30.", "I have three g's.",
    "It rained all day…", "She said 2026 people came.",
)  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_what_is_written_for_the_eye_is_read_aloud(text: str) -> None:
    assert read_aloud(text).text == READ[text]


@pytest.mark.parametrize("text", LEFT)
def test_what_is_read_well_already_is_left_alone(text: str) -> None:
    assert read_aloud(text).text == text


@pytest.mark.parametrize("text", READ)
def test_every_letter_that_is_said_stands_for_some_that_are_written(text: str) -> None:
    reading = read_aloud(text)
    assert len(reading.places) == len(reading.text)
    assert reading.places[0][0] == 0 and reading.places[-1][1] == len(text)
    assert all(first < last for first, last in reading.places)
    assert [first for first, _ in reading.places] == sorted(first for first, _ in reading.places)


def test_words_are_found_again_where_they_were_written() -> None:
    text = "She paid €20, and left."
    reading = read_aloud(text)
    first, letters = reading.written(reading.text.index("20 euros"), len("20 euros,"))
    assert text[first : first + letters] == "€20,"


def test_short_forms_end_no_sentence() -> None:
    assert sentences("Dr. Smith is in No. 5. No. He left, e.g. by car. Then St. John came.") == [
        "Dr. Smith is in No. 5.", "No.", "He left, e.g. by car.", "Then St. John came.",
    ]  # fmt: skip


def test_the_first_sentence_is_cut_where_it_pauses() -> None:
    text = "When the sun comes up, the birds begin to sing. And when it sets, they stop."
    assert sentences(text, early=True) == [
        "When the sun comes up,", "the birds begin to sing.", "And when it sets, they stop.",
    ]  # fmt: skip
    assert sentences("Well, yes. Why not, after all of it?", early=True) == ["Well, yes.", "Why not, after all of it?"]
    assert sentences("…", early=True) == []
