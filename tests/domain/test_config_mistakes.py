"""Mistakes in a centre's files: each is said with file, key and reason, all of them at once."""

from datetime import date, time
from pathlib import Path

import pytest

from config.files import ConfigError, load_centre
from queue_app.domain.catalogue import Text
from queue_app.domain.centre import Closure, Period, Weekly
from tests.domain.spoiling import add_to_last_office, problems_after


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "catalogue.toml",
            "duration = 7",
            "duration = 7\nprice = 1",
            (
                "services[payment-search].price: unknown key; the keys are bring, channels, code,"
                " documents, duration, group, planned_minutes, title"
            ),
        ),
        (
            "catalogue.toml",
            "duration = 7",
            "duration = 7.5",
            (
                "services[payment-search].duration: must be a whole number or text in quotation"
                " marks, not a number with a fraction"
            ),
        ),
        (
            "catalogue.toml",
            'duration = "5-7"',
            'duration = "7-5"',
            "services[missing-discount].duration: the minimum 7 is above the maximum 5",
        ),
        (
            "catalogue.toml",
            "duration = 7",
            'duration = "about 7"',
            (
                "services[payment-search].duration: 'about 7' is neither minutes such as 7,"
                ' nor "5-7", nor "from 10"'
            ),
        ),
        (
            "catalogue.toml",
            "duration = 7\n",
            "",
            "services[payment-search].duration: is missing",
        ),
        (
            "catalogue.toml",
            'code = "missing-discount"',
            'code = "payment-search"',
            "services[payment-search]: code 'payment-search' is given twice (again in entry 2)",
        ),
        (
            "catalogue.toml",
            'code = "missing-discount"',
            'code = "Missing discount"',
            (
                "services[Missing discount].code: must be lower-case Latin words joined by hyphens:"
                " room-12"
            ),
        ),
        (
            "catalogue.toml",
            'group = "payments"',
            'group = "money"',
            (
                "services[payment-search].group: there is no group 'money'; known: accounts,"
                " building-heat, certificates, charges, claims, debt-legal, payments, water-meters"
            ),
        ),
        (
            "catalogue.toml",
            'channels = ["phone", "visit"]',
            'channels = ["mail"]',
            "services[payment-search].channels[1]: 'mail' is none of phone, site, visit",
        ),
        (
            "catalogue.toml",
            'channels = ["phone", "visit"]',
            "channels = []",
            "services[payment-search].channels: is empty",
        ),
        (
            "catalogue.toml",
            'title.en = "A discount missing from a payment"',
            'title.de = "Fehlender Rabatt"',
            "services[missing-discount].title.de: unknown key; the keys are en, uk",
        ),
        (
            "centre.toml",
            'languages = ["uk", "en"]',
            'languages = ["uk", "en", "xx"]',
            "languages: 'xx' is not a known language; such as en, uk, pt-BR",
        ),
        (
            "centre.toml",
            'country = "UA"',
            'country = "Ukraine"',
            "country: 'Ukraine' is not a known country; did you mean \"UA\"?",
        ),
        (
            "catalogue.toml",
            'title.en = "A discount missing from a payment"',
            'title.en = " "',
            "services[missing-discount].title.en: is empty",
        ),
        (
            "catalogue.toml",
            'documents = ["meter-number"]',
            'documents = ["passport"]',
            (
                "services[meter-readings].documents: there is no checklist 'passport'; known:"
                " meter-number, meter-replacement, meter-verification"
            ),
        ),
        (
            "capacity.toml",
            '"debt-advice"',
            '"debt-relief"',
            (
                "skills[payments].services: there is no service 'debt-relief'; did you mean"
                ' "debt-advice"?'
            ),
        ),
        (
            "capacity.toml",
            'skills = ["accounts", "certificates"]',
            'skills = ["cooking"]',
            (
                "layouts[district].desks[4].skills: there is no skill 'cooking'; known: accounts,"
                " certificates, charges, legal, meters, payments, reception"
            ),
        ),
        (
            "capacity.toml",
            'number = "2"',
            'number = "1"',
            "layouts[district].desks[1]: number '1' is given twice (again in entry 2)",
        ),
        (
            "capacity.toml",
            'hours.fri = "9:00-16:30"',
            'hours.fri = ["9:00-13:00", "12:30-16:30"]',
            "layouts[district].hours.fri: 9:00-13:00 overlaps 12:30-16:30",
        ),
        (
            "capacity.toml",
            'hours.fri = "9:00-16:30"',
            'hours.fri = "16:30-9:00"',
            "layouts[district].hours.fri: '16:30-9:00' opens after it closes",
        ),
        (
            "capacity.toml",
            'hours.fri = "9:00-16:30"',
            'hours.thu-fri = "9:00-16:30"',
            "layouts[district].hours.thu-fri: thu is given twice",
        ),
        (
            "capacity.toml",
            'roster."tue, thu"',
            'roster."tue, friday"',
            (
                'layouts[district].lanes[visit-legal].roster."tue, friday": '
                "'friday' is not a weekday; those are mon, tue, wed, thu, fri, sat, sun"
            ),
        ),
        (
            "capacity.toml",
            'channel = "visit"',
            'channel = "site"',
            "layouts[district].lanes[visit-any].channel: the site has no slots",
        ),
        (
            "branches.toml",
            'layout = "district"',
            'layout = "palace"',
            "branches[holosiivskyi].layout: there is no layout 'palace'; known: contact-centre,"  # noqa: ISC004
            " district",
        ),
        (
            "branches.toml",
            'slug = "darnytskyi"',
            'slug = "holosiivskyi"',
            "branches[holosiivskyi]: slug 'holosiivskyi' is given twice (again in entry 2)",
        ),
        (
            "centre.toml",
            'timezone = "Europe/Kyiv"',
            'timezone = "Europe/Kiew"',
            "timezone: 'Europe/Kiew' is not a known time zone; did you mean \"Europe/Kiev\"?",
        ),
        (
            "centre.toml",
            "grid_minutes = 5 ",
            "grid_minutes = 7 ",
            "rules.grid_minutes: must divide 60",
        ),
        (
            "centre.toml",
            "start_step_minutes = 10 ",
            "start_step_minutes = 12 ",
            "rules.start_step_minutes: must be a multiple of grid_minutes",
        ),
        (
            "centre.toml",
            "release_hour = 6 ",
            "release_hour = 24 ",
            "rules.release_hour: must be from 0 to 23",
        ),
        (
            "centre.toml",
            "reminder_hour = 18 ",
            "reminder_hour = 24 ",
            "rules.reminder_hour: must be from 0 to 23",
        ),
        (
            "centre.toml",
            "reminder_hour = 18 ",
            "reminder_hour = 21 ",
            "rules.reminder_hour: lies in the quiet hours, when no message leaves",
        ),
        (
            "centre.toml",
            "reminder_minutes = 120 ",
            "reminder_minutes = 1440 ",
            "rules.reminder_minutes: must be from 0 to 720",
        ),
        (
            "centre.toml",
            'booked_prefix = "К"',
            'booked_prefix = "А"',
            "rules.booked_prefix: is the same as walk_in_prefix",
        ),
        (
            "centre.toml",
            'booked_prefix = "К"',
            'booked_prefix = "З"',
            "rules.booked_prefix: З1 is read as a bare number on a board",
        ),
        (
            "centre.toml",
            "hold_minutes",
            "holding_minutes",
            'rules.holding_minutes: unknown key; did you mean "hold_minutes"?',
        ),
        ("centre.toml", "[rules]", "[rule]", 'rule: unknown key; did you mean "rules"?'),
        (
            "advice.toml",
            "[[contacts]]",
            "[[contact]]",
            'contact: unknown key; did you mean "contacts"?',
        ),
    ],
)
def test_each_mistake_is_said_with_its_file_key_and_reason(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    assert f"{file}: {said}" in problems_after(folder, file, old, new)


def test_a_mistake_is_said_once_and_without_its_echoes(folder: Path) -> None:
    (only,) = problems_after(folder, "capacity.toml", 'skills = ["legal"]', 'skills = ["law"]')
    assert "lanes[visit-legal].skills: there is no skill 'law'" in only


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("uk_UA", '; did you mean "uk-UA"?'),
        ("ukrainian", '; did you mean "uk"?'),
        ("xxx", "; such as en, uk, pt-BR"),
    ],
)
def test_a_language_that_is_none_is_said_once_and_not_of_every_text(
    folder: Path, written: str, hint: str
) -> None:
    said = problems_after(folder, "centre.toml", '["uk", "en"]', f'["{written}", "en"]')
    assert list(said) == [f"centre.toml: languages: '{written}' is not a known language{hint}"]


@pytest.mark.parametrize(("written", "usual"), [("uk-ua", "uk-UA"), ("uk-cyrl", "uk-Cyrl")])
def test_a_language_in_other_capitals_is_said_once_and_how_it_is_written(
    folder: Path, written: str, usual: str
) -> None:
    """`title.zh-Hant` was an unknown key where the centre had "zh-hant"."""
    said = problems_after(folder, "centre.toml", '["uk", "en"]', f'["{written}", "en"]')
    assert list(said) == [f"centre.toml: languages: '{written}' is written \"{usual}\""]


def test_a_desk_whose_panel_could_have_no_address_is_refused(folder: Path) -> None:
    said = problems_after(folder, "capacity.toml", 'number = "2"', 'number = "2/A"')
    assert list(said) == [
        (
            "capacity.toml: layouts[district].desks[2/A].number: has /, so no panel could have its"
            " address"
        )
    ]


def test_a_service_with_one_bad_field_is_not_unknown_besides(folder: Path) -> None:
    (only,) = problems_after(folder, "catalogue.toml", "duration = 7", "duration = true")
    assert only == (
        "catalogue.toml: services[payment-search].duration: must be a whole number or text in"
        " quotation marks, not true or false"
    )


def test_a_contact_centre_that_receives_visitors_is_refused(folder: Path) -> None:
    path = folder / "capacity.toml"
    lane = 'code = "phone-payments"\nchannel = '
    text = path.read_text(encoding="utf-8").replace(f'{lane}"phone"', f'{lane}"visit"')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_centre(folder)
    assert str(caught.value) == (
        "branches.toml: branches[contact-centre].kind: is a contact centre, but has a lane of the"
        " channel visit"
    )


def test_all_mistakes_are_said_at_once(folder: Path) -> None:
    for file, old, new in [
        ("branches.toml", 'layout = "district"', 'layout = "palace"'),
        ("catalogue.toml", "duration = 7", "duration = 0"),
        ("catalogue.toml", 'group = "payments"', 'group = "money"'),
    ]:
        said = problems_after(folder, file, old, new)
    assert [line.split(": ")[:2] for line in said] == [
        ["catalogue.toml", "services[payment-search].duration"],
        ["catalogue.toml", "services[payment-search].group"],
        ["branches.toml", "branches[holosiivskyi].layout"],
    ]


def test_a_service_that_no_lane_gives_is_refused(folder: Path) -> None:
    path = folder / "capacity.toml"
    text = path.read_text(encoding="utf-8").replace(', "meters", "legal"]', ', "meters"]')
    path.write_text(text.replace('skills = ["legal"]', 'skills = ["payments"]'), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_centre(folder)
    assert [str(problem) for problem in caught.value.problems] == [
        f"catalogue.toml: services[{code}].channels: visit: no visit lane of any branch offers it"
        for code in (
            "debt-restructuring",
            "instalments-pending-case",
            "instalments-court-decision",
            "tariff-dispute",
        )
    ]


def test_a_branch_may_differ_from_its_layout(folder: Path) -> None:
    add_to_last_office(
        folder,
        'hours.sat = "10:00-14:00"\n'
        '[[branches.desks]]\nnumber = "1"\nskills = ["payments"]\n'
        '[[branches.closures]]\nday = 2027-01-01\nreason.uk = "Новий рік"\n'
        'reason.en = "New Year’s Day"\n',
    )
    last = load_centre(folder).branches[-2]
    saturday: Weekly = {"sat": (Period(time(10), time(14)),)}
    assert last.hours == last.desks[0].roster == saturday
    assert [lane.code for lane in last.lanes][:1] == ["visit-any"]
    assert last.closures == (Closure(date(2027, 1, 1), Text(uk="Новий рік", en="New Year’s Day")),)


def test_another_question_leads_to_a_service_that_there_is(folder: Path) -> None:
    path = folder / "search.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f'another = "debt-advise"\n{text}', encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"search.toml: another: there is no service 'debt-advise'"
    ):
        load_centre(folder)
    path.write_text(f'another = "debt-advice"\n{text}', encoding="utf-8")
    assert load_centre(folder).search.another == "debt-advice"
