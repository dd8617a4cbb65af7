"""The centre's files: the first centre's own, what is refused and how, and the way back out."""

import re
import shutil
from collections import Counter
from datetime import date, time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.files import ConfigError, Mistake, check_centre, load_centre, write_centre
from config.notation import (
    format_duration,
    format_weekly,
    parse_days,
    parse_duration,
    parse_periods,
)
from config.settings import PROJECT, Settings, SettingsError, from_environment
from queue_app.domain.catalogue import Duration, Text, common_channels
from queue_app.domain.centre import WEEKDAYS, Centre, Closure, Period, Weekly

KYIV_CKS = PROJECT / "config" / "kyiv-cks"


@pytest.fixture(scope="module")
def centre() -> Centre:
    return load_centre(KYIV_CKS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the first centre's files, to be spoilt."""
    return Path(shutil.copytree(KYIV_CKS, tmp_path / "centre"))


def problems_after(folder: Path, file: str, old: str, new: str) -> list[str]:
    """What loading says once the first `old` in a file has become `new`."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_centre(folder)
    return str(caught.value).splitlines()


# The first centre


def test_the_catalogue_has_34_services_in_8_groups(centre: Centre) -> None:
    by_group = Counter(service.group for service in centre.services)
    assert [by_group[group.code] for group in centre.groups] == [4, 8, 9, 3, 2, 2, 4, 2]


def test_published_times_are_as_published(centre: Centre) -> None:
    published = [format_duration(service.duration) for service in centre.services]
    assert published == [
        *(7, "5-7", "2-10", "3-10"),
        *(2, "від 10", 5, 5, 3, "3-7", "2-5", 7),
        *(3, "3-7", 3, 5, 4, 7, "від 10", "від 10", 3),
        *("3-15", "3-7", "3-7"),
        *("5-10", "3-5"),
        *(4, 5),
        *("від 10", "від 10", "від 10", "5-10"),
        *(6, 7),
    ]


def test_published_channels_are_as_published(centre: Centre) -> None:
    ways = Counter(frozenset(service.channels) for service in centre.services)
    assert ways == {
        frozenset({"visit"}): 17,
        frozenset({"visit", "phone"}): 12,
        frozenset({"visit", "phone", "site"}): 5,
    }
    assert all("visit" in common_channels([service]) for service in centre.services)


def test_titles_are_mended_and_begin_with_a_capital(centre: Centre) -> None:
    titles = [one.title for one in centre.services] + [one.title for one in centre.groups]
    for title in titles:
        assert title.uk[0].isupper()
        assert title.en[0].isupper()
        assert not re.search(r"['`ʼ]|  |/ |\.$", title.uk)
        assert not re.search(r"[а-яіїєґ]", title.en, re.IGNORECASE)


def test_services_about_meters_name_their_checklists(centre: Centre) -> None:
    needed = {service.code: service.documents for service in centre.services if service.documents}
    assert needed["sealed-meter-missing"] == (
        "meter-replacement",
        "meter-verification",
        "meter-number",
    )
    assert {code for codes in needed.values() for code in codes} == {
        checklist.code for checklist in centre.checklists
    }


def test_ten_district_branches_keep_the_published_hours_and_invent_no_address(
    centre: Centre,
) -> None:
    assert len(centre.branches) == 10
    for branch in centre.branches:
        assert branch.address is None
        assert format_weekly(branch.hours) == {"mon-thu": "9:00-18:00", "fri": "9:00-16:30"}


def test_every_service_is_given_at_two_desks_of_each_branch(centre: Centre) -> None:
    given = {skill.code: skill.services for skill in centre.skills}
    for branch in centre.branches:
        desks = [{one for skill in desk.skills for one in given[skill]} for desk in branch.desks]
        for service in centre.services:
            assert sum(service.code in desk for desk in desks) >= 2, service.code


# What is refused


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "catalogue.toml",
            "duration = 7",
            "duration = 7\nprice = 1",
            "services[payment-search].price: unknown key",
        ),
        (
            "catalogue.toml",
            "duration = 7",
            "duration = 7.5",
            "services[payment-search].duration: expected `int | str`, got `float`",
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
                ' nor "5-7", nor "від 10"'
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
            "services[Missing discount].code: must be lower-case words joined by hyphens",
        ),
        (
            "catalogue.toml",
            'group = "payments"',
            'group = "money"',
            "services[payment-search].group: there is no group 'money'",
        ),
        (
            "catalogue.toml",
            'channels = ["phone", "visit"]',
            'channels = ["mail"]',
            "services[payment-search].channels[0]: invalid enum value 'mail'",
        ),
        (
            "catalogue.toml",
            'channels = ["phone", "visit"]',
            "channels = []",
            "services[payment-search].channels: is empty",
        ),
        (
            "catalogue.toml",
            'title.en = "A discount missing from a payment"\n',
            "",
            "services[missing-discount].title.en: is missing",
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
            "services[meter-readings].documents: there is no checklist 'passport'",
        ),
        (
            "capacity.toml",
            '"debt-advice"',
            '"debt-relief"',
            "skills[payments].services: there is no service 'debt-relief'",
        ),
        (
            "capacity.toml",
            'skills = ["accounts", "certificates"]',
            'skills = ["cooking"]',
            "layouts[district].desks[4].skills: there is no skill 'cooking'",
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
                "'friday' is no weekday; those are mon, tue, wed, thu, fri, sat, sun"
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
            "branches[holosiivskyi].layout: there is no layout 'palace'",
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
            "timezone: 'Europe/Kiew' is no known time zone",
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
            "rules.release_hour: must be an hour from 0 to 23",
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
        ("centre.toml", "hold_minutes", "holding_minutes", "rules.holding_minutes: unknown key"),
        ("centre.toml", "[rules]", "[rule]", "rule: unknown key"),
        ("advice.toml", "[[contacts]]", "[[contact]]", "contact: unknown key"),
    ],
)
def test_each_mistake_is_said_with_its_file_key_and_reason(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    assert f"{file}: {said}" in problems_after(folder, file, old, new)


def test_a_mistake_is_said_once_and_without_its_echoes(folder: Path) -> None:
    (only,) = problems_after(folder, "capacity.toml", 'skills = ["legal"]', 'skills = ["law"]')
    assert only.endswith("lanes[visit-legal].skills: there is no skill 'law'")


def test_a_service_with_one_bad_field_is_not_unknown_besides(folder: Path) -> None:
    (only,) = problems_after(folder, "catalogue.toml", "duration = 7", "duration = true")
    assert only == (
        "catalogue.toml: services[payment-search].duration: expected `int | str`, got `bool`"
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


def test_broken_toml_is_said_with_its_line(folder: Path) -> None:
    said = problems_after(folder, "centre.toml", "timezone =", "timezone")
    assert re.fullmatch(r"centre\.toml: line \d+, column \d+: is no TOML: .+", said[0]), said


def test_what_an_unreadable_file_defines_is_not_called_unknown(folder: Path) -> None:
    said = problems_after(folder, "capacity.toml", "hours.mon-thu", "hours.пн-чт")
    assert len(said) == 1, said
    assert said[0].startswith("capacity.toml: line ")


def test_a_file_saved_with_a_byte_order_mark_is_read(folder: Path, centre: Centre) -> None:
    path = folder / "branches.toml"
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert load_centre(folder) == centre


@pytest.mark.parametrize(
    ("encoding", "key"), [("cp1251", "line 6"), ("utf-16", "file")], ids=["cp1251", "utf-16"]
)
def test_a_file_that_is_not_utf_8_is_said_with_what_to_do(
    folder: Path, encoding: str, key: str
) -> None:
    path = folder / "centre.toml"
    path.write_text(path.read_text(encoding="utf-8"), encoding=encoding)
    with pytest.raises(ConfigError) as caught:
        load_centre(folder)
    assert str(caught.value) == (f"centre.toml: {key}: is no UTF-8 text; save the file as UTF-8")


def test_what_can_hardly_be_meant_is_a_warning_with_its_file_key_and_reason(folder: Path) -> None:
    assert check_centre(folder)[1] == []
    path = folder / "capacity.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('["9:00-12:00", "13:00-18:00"]', '["9:00-12:00", "13:00-19:00"]')
    path.write_text(text, encoding="utf-8")
    with (folder / "branches.toml").open("a", encoding="utf-8") as file:
        file.write('[[branches.desks]]\nnumber = "1"\nskills = ["payments", "charges"]\n')
    last = load_centre(folder).branches[-1].slug
    desk, *lanes = (str(one) for one in check_centre(folder)[1])
    assert desk == (
        "capacity.toml: layouts[district].desks[6].roster: mon-thu 13:00-19:00 reaches beyond the"
        " hours of the branch (capacity.toml: layouts[district].hours)"
    )
    assert (
        "capacity.toml: layouts[district].lanes[visit-legal].skills: no desk of the branch"
        f" (branches.toml: branches[{last}].desks) gives what can be booked here:"
        " debt-restructuring, instalments-court-decision, instalments-pending-case, tariff-dispute"
    ) in lanes


def test_a_missing_file_and_a_stray_one_are_said(folder: Path) -> None:
    (folder / "advice.toml").rename(folder / "advices.toml")
    with pytest.raises(ConfigError) as caught:
        load_centre(folder)
    assert Mistake("advice.toml", "file", "is missing") in caught.value.problems
    assert [one.file for one in caught.value.problems if "unknown" in one.reason] == [
        "advices.toml"
    ]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="folder: is missing"):
        load_centre(tmp_path / "nowhere")


def test_a_service_that_no_lane_gives_is_refused(folder: Path) -> None:
    path = folder / "capacity.toml"
    text = path.read_text(encoding="utf-8").replace(', "meters", "legal"]', ', "meters"]')
    path.write_text(text.replace('skills = ["legal"]', 'skills = ["payments"]'), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_centre(folder)
    assert [str(problem) for problem in caught.value.problems] == [
        f"catalogue.toml: services[{code}].channels: visit: no visit lane of any branch gives it"
        for code in (
            "debt-restructuring",
            "instalments-pending-case",
            "instalments-court-decision",
            "tariff-dispute",
        )
    ]


def test_a_branch_may_differ_from_its_layout(folder: Path) -> None:
    path = folder / "branches.toml"
    with path.open("a", encoding="utf-8") as file:
        file.write(
            'hours.sat = "10:00-14:00"\n'
            '[[branches.desks]]\nnumber = "1"\nskills = ["payments"]\n'
            '[[branches.closures]]\nday = 2027-01-01\nreason.uk = "Новий рік"\n'
            'reason.en = "New Year’s Day"\n'
        )
    last = load_centre(folder).branches[-1]
    saturday: Weekly = {"sat": (Period(time(10), time(14)),)}
    assert last.hours == last.desks[0].roster == saturday
    assert [lane.code for lane in last.lanes][:1] == ["visit-any"]
    assert last.closures == (Closure(date(2027, 1, 1), Text("Новий рік", "New Year’s Day")),)


# The way back out


def test_what_is_written_loads_as_the_same_centre(centre: Centre, tmp_path: Path) -> None:
    write_centre(centre, tmp_path)
    assert load_centre(tmp_path) == centre


def test_a_centre_with_everything_loads_as_it_was_written(centre: Centre, tmp_path: Path) -> None:
    replace = msgspec.structs.replace
    first, *others = centre.branches
    own = replace(
        first,
        address=Text("вул. Перша, 1", "1 First St"),
        shelter=Text("підвал, вхід із двору", "basement, entrance from the yard"),
        closures=(
            Closure(date(2027, 1, 1), Text("Новий рік", "New Year’s Day")),
            Closure(
                date(2026, 12, 31),
                Text('Переддень "свята"', "Eve"),
                (Period(time(9), time(12)), Period(time(13), time(15, 5))),
            ),
        ),
        desks=(replace(first.desks[0], roster={}), *first.desks[1:]),
    )
    service = replace(centre.services[0], planned_minutes=12, duration=Duration(10, None))
    changed = replace(centre, branches=(own, *others), services=(service, *centre.services[1:]))
    write_centre(changed, tmp_path)
    assert load_centre(tmp_path) == changed


@given(st.integers(1, 500), st.one_of(st.none(), st.integers(0, 500)))
def test_durations_read_back_as_written(shortest: int, more: int | None) -> None:
    duration = Duration(shortest, None if more is None else shortest + more)
    assert parse_duration(format_duration(duration)) == duration


@given(
    st.dictionaries(
        st.sampled_from(WEEKDAYS),
        st.sets(st.integers(0, 24 * 60 - 1), min_size=2, max_size=6).map(
            lambda minutes: tuple(
                Period(time(*divmod(opens, 60)), time(*divmod(closes, 60)))
                for opens, closes in zip(sorted(minutes)[::2], sorted(minutes)[1::2], strict=False)
            )
        ),
    )
)
def test_weekly_hours_read_back_as_written(weekly: Weekly) -> None:
    read = {
        day: parse_periods(periods)
        for days, periods in format_weekly(weekly).items()
        for day in parse_days(days)
    }
    assert read == weekly


# The environment


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = from_environment({})
    assert (settings.port, settings.workers, settings.rate_limits) == (8000, 1, True)
    assert settings.database_url is None
    assert settings.clock is None
    assert settings.data == Path.cwd() / "data"
    assert load_centre(settings.config)


def test_the_centres_folder_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert from_environment({}).config == KYIV_CKS
    own = tmp_path / "own"
    own.mkdir()
    assert from_environment({"QUEUE_APP_CONFIG": "own"}).config == own


def test_the_environment_is_read() -> None:
    settings = from_environment(
        {
            "QUEUE_APP_PORT": "9000",
            "QUEUE_APP_RATE_LIMITS": "off",
            "QUEUE_APP_CLOCK": "2026-11-23T10:00:00+02:00",
            "QUEUE_APP_RATE": "60",
            "QUEUE_APP_DATABASE_URL": "postgresql://queue@db/queue",
            "QUEUE_APP_WORKERS": " ",
        }
    )
    assert isinstance(settings, Settings)
    assert (settings.port, settings.rate_limits, settings.rate) == (9000, False, 60.0)
    assert settings.clock
    assert settings.clock.isoformat() == "2026-11-23T10:00:00+02:00"
    assert settings.workers == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("WORKERS", "0"),
        ("RATE_LIMITS", "maybe"),
        ("CLOCK", "2026-11-23T10:00:00"),
        ("CLOCK", "noon"),
        ("RATE", "0"),
        ("RATE", "nan"),
        ("DATABASE_URL", "mysql://root:hunter2@db/queue"),
    ],
)
def test_a_bad_variable_is_named_with_the_reason(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^QUEUE_APP_{name}: \S+") as caught:
        from_environment({f"QUEUE_APP_{name}": value})
    assert "hunter2" not in str(caught.value)
