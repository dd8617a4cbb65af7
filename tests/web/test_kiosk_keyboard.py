"""The letters at the kiosk are those of the centre's languages, whichever they are."""

from msgspec.structs import replace

from config.files import load_centre
from kiosk.keyboard import LATIN, alphabets
from queue_app.domain.catalogue import Language, Text
from queue_app.domain.centre import Centre
from queue_app.texts.speaker import speaker_of
from tests.support.database import CONFIG
from tests.web.test_second_centre import VALLETTA


def letters_of(centre: Centre) -> dict[Language, str]:
    made = alphabets(speaker_of(centre), centre)
    return {language: one.letters for one in made for language in one.languages}


def test_a_language_whose_alphabet_nobody_translated_has_the_letters_of_its_own_titles() -> None:
    letters = letters_of(load_centre(VALLETTA))
    assert letters["en"] == LATIN
    assert letters["mt"].startswith(LATIN)
    assert "Ġ" in letters["mt"]
    assert letters["mt"].isupper()


def test_signs_that_stand_on_or_behind_a_letter_are_typed_too() -> None:
    centre = load_centre(VALLETTA)
    hindi = replace(
        centre,
        languages=("hi", "en"),
        services=[replace(centre.services[0], title=Text(hi="सीमा की नक़ल"))],
        groups=[],
    )
    own = "".join(sorted(set("सीमाकनक़ल")))
    assert letters_of(hindi) == {"hi": own, "en": LATIN}, "the other key leads to the Latin ones"
    alone = replace(hindi, languages=("hi",))
    assert letters_of(alone) == {"hi": own + LATIN}, "its own come first"


def test_languages_of_the_same_letters_share_them_and_each_has_its_own() -> None:
    centre = load_centre(CONFIG)
    three = replace(centre, languages=("en", "de", "uk"))
    made = alphabets(speaker_of(three), three)
    assert [one.languages for one in made] == [("en", "de"), ("uk",)]
    assert made[1].letters == letters_of(centre)["uk"]
