"""The first centre's own files say what the centre has published."""

import re
from collections import Counter

from config.notation import (
    format_duration,
    format_weekly,
)
from queue_app.domain.catalogue import common_channels
from queue_app.domain.centre import Centre


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
        assert title["uk"][0].isupper()
        assert title["en"][0].isupper()
        assert not re.search(r"['`ʼ]|  |/ |\.$", title["uk"])
        assert not re.search(r"[а-яіїєґ]", title["en"], re.IGNORECASE)


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
    offices = [one for one in centre.branches if one.kind == "office"]
    assert len(offices) == 10
    for branch in offices:
        assert branch.address is None
        assert format_weekly(branch.hours) == {"mon-thu": "9:00-18:00", "fri": "9:00-16:30"}


def test_every_service_is_given_at_two_desks_of_each_branch(centre: Centre) -> None:
    given = {skill.code: skill.services for skill in centre.skills}
    for branch in centre.branches:
        if branch.kind != "office":
            continue
        desks = [{one for skill in desk.skills for one in given[skill]} for desk in branch.desks]
        for service in centre.services:
            assert sum(service.code in desk for desk in desks) >= 2, service.code


def test_one_contact_centre_phones_for_the_whole_city_at_its_published_hours(
    centre: Centre,
) -> None:
    (phoning,) = [one for one in centre.branches if one.kind == "contact_centre"]
    assert format_weekly(phoning.hours) == {"mon-fri": "8:00-20:00"}
    assert all(lane.channel == "phone" for lane in phoning.lanes)
    others = [lane for one in centre.branches if one is not phoning for lane in one.lanes]
    assert all(lane.channel == "visit" for lane in others)
