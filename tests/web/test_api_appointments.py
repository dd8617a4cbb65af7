"""API v1 for residents: the catalogue, free times, and a booking from hold to cancellation."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.people import BRANCH
from tests.web.api import CONTACT, SERVICE, TUESDAY, Centre, done, refused


async def test_the_catalogue_has_every_service_with_its_published_time(centre: Centre) -> None:
    groups = done(await centre.get("/catalogue"))["groups"]
    services = [service for group in groups for service in group["services"]]
    assert (len(groups), len(services)) == (8, 34)
    for service in services:
        assert {"code", "title", "duration", "channels", "documents"} <= service.keys()
        assert service["title"].keys() == {"uk", "en"}
        assert service["duration"].keys() == {"min_minutes", "max_minutes"}
        assert set(service["channels"]) <= {"visit", "phone", "site"}
    lengths = {service["code"]: tuple(service["duration"].values()) for service in services}
    assert lengths["tariffs"] == (7, 7)
    assert lengths["missing-discount"] == (5, 7)
    assert lengths["account-opening"] == (10, None)


async def test_every_branch_says_when_it_is_open(centre: Centre) -> None:
    branches = done(await centre.get("/branches"))
    assert [one["kind"] for one in branches] == ["office"] * 10 + ["contact_centre"]
    here = next(one for one in branches if one["slug"] == BRANCH)
    assert here["kiosk"] == "open" and here["timezone"] == "Europe/Kyiv"
    assert here["hours"]["fri"] == [{"opens": "09:00", "closes": "16:30"}]


async def test_slots_come_day_by_day_with_the_local_offset(centre: Centre) -> None:
    query = {"service": SERVICE, "from": "2026-11-24", "days": 31, "channel": "visit"}
    days = done(await centre.get(f"/branches/{BRANCH}/slots", params=query))["days"]
    dates = [datetime.fromisoformat(day["date"]) for day in days]
    assert [later - dates[0] for later in dates] == [timedelta(days=n) for n in range(31)]
    assert days[0]["date"] == "2026-11-24" and TUESDAY in days[0]["starts"]
    assert all(start.startswith(day["date"]) for day in days for start in day["starts"])
    assert days[4]["starts"] == [] and days[-1]["starts"] == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "unreadable"),
        ("service=tariffs&from=tomorrow", 400, "unreadable"),
        ("service=tariffs&from=2026-02-30", 400, "unreadable"),
        ("service=tariffs&days=0", 400, "unreadable"),
        ("service=tariffs&days=63", 400, "unreadable"),
        ("service=tariffs&channel=fax", 400, "unreadable"),
        ("service=tariffs&from=0001-01-01", 422, "no_such_time"),
        ("service=tariffs&from=9999-12-31", 422, "no_such_time"),
        ("service=no-such", 422, "unknown_service"),
        ("service=%00", 422, "unknown_service"),
        ("&".join(f"service={n}" for n in range(21)), 400, "unreadable"),
    ],
)
async def test_slots_of_nonsense_are_refused(
    centre: Centre, query: str, status: int, code: str
) -> None:
    refused(await centre.get(f"/branches/{BRANCH}/slots?{query}"), status, code)


async def test_a_service_named_twice_is_one_and_six_are_too_many(centre: Centre) -> None:
    once = done(await centre.get(f"/branches/{BRANCH}/slots?service=tariffs"))
    twice = done(await centre.get(f"/branches/{BRANCH}/slots?service=tariffs&service=tariffs"))
    assert once == twice
    catalogue = done(await centre.get("/catalogue"))["groups"]
    codes = [service["code"] for group in catalogue for service in group["services"]][:6]
    many = "&".join(f"service={code}" for code in codes)
    refused(await centre.get(f"/branches/{BRANCH}/slots?{many}"), 422, "too_many_services")


async def test_an_appointment_is_held_booked_moved_and_cancelled(centre: Centre) -> None:
    held = await centre.held()
    assert held["state"] == "held" and held["starts_at"] == TUESDAY
    assert len(held["code"]) == 6 and held["code"].isdigit()
    until = datetime.fromisoformat(held["held_until"])
    assert until - centre.clock.now() == timedelta(minutes=10)
    link = f"/appointments/{held['token']}"
    booked = done(await centre.post(f"{link}/confirmation", CONTACT | {"email": "o@example.com"}))
    assert (booked["state"], booked["held_until"], booked["code"]) == ("booked", None, held["code"])
    assert "067" not in json.dumps(booked)
    assert done(await centre.post(f"{link}/confirmation", CONTACT)) == booked
    later = "2026-11-24T11:30:00+02:00"
    moved = done(await centre.post(f"{link}/reschedulings", {"starts_at": later}))
    assert (moved["starts_at"], moved["state"]) == (later, "booked")
    assert done(await centre.get(link)) == moved
    cancelled = done(await centre.post(f"{link}/cancellation"))
    assert cancelled["state"] == "cancelled"
    assert done(await centre.post(f"{link}/cancellation")) == cancelled
    refused(
        await centre.post(f"{link}/reschedulings", {"starts_at": TUESDAY}), 409, "appointment_state"
    )
    refused(await centre.post(f"{link}/confirmation", CONTACT), 409, "appointment_state")


async def test_a_hold_that_ran_out_is_expired_and_cannot_be_confirmed(centre: Centre) -> None:
    held = await centre.held()
    centre.clock.advance(minutes=10)
    assert done(await centre.get(f"/appointments/{held['token']}"))["state"] == "expired"
    answer = await centre.post(f"/appointments/{held['token']}/confirmation", CONTACT)
    refused(answer, 409, "hold_expired")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"services": []}, 422, "no_service"),
        ({"services": ["no-such"]}, 422, "unknown_service"),
        ({"services": ["tariffs\0"]}, 422, "unknown_service"),
        ({"services": [f"s{n}" for n in range(21)]}, 400, "unreadable"),
        ({"services": "tariffs"}, 400, "unreadable"),
        ({"services": None}, 400, "unreadable"),
        ({"starts_at": "soon"}, 400, "unreadable"),
        ({"starts_at": "2026-11-24T10:00:00"}, 422, "no_such_time"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, 422, "no_such_time"),
        ({"starts_at": "9999-12-31T23:59:59-14:00"}, 422, "no_such_time"),
        ({"starts_at": "2026-11-24T03:00:00+02:00"}, 422, "no_such_time"),
        ({"starts_at": "2026-11-24T10:03:00+02:00"}, 422, "no_such_time"),
        ({"starts_at": "2026-11-24T10:00:00.5+02:00"}, 422, "no_such_time"),
        ({"channel": "site"}, 422, "not_by_visit"),
        ({"channel": "phone", "services": ["owner-change"]}, 422, "not_by_phone"),
        ({"channel": "fax"}, 400, "unreadable"),
    ],
)
async def test_what_cannot_be_held_is_refused_with_the_reason(
    centre: Centre, change: dict[str, Any], status: int, code: str
) -> None:
    body = {"services": [SERVICE], "starts_at": TUESDAY, "channel": "visit"} | change
    problem = refused(await centre.post(f"/branches/{BRANCH}/appointments", body), status, code)
    if code == "no_such_time":
        assert problem["reason"]
        never = problem["reason"] in ("no_offset", "past", "beyond_horizon")
        assert never or problem["alternatives"]


@pytest.mark.parametrize(
    ("contact", "status", "fields"),
    [
        ({"name": "", "phone": "0671234567"}, 422, {"name": "name_missing"}),
        ({"name": "\0\u202e", "phone": "0671234567"}, 422, {"name": "name_missing"}),
        ({"name": "а" * 121, "phone": "0671234567"}, 422, {"name": "name_too_long"}),
        ({"name": "Ян"}, 422, {"phone": "contact_missing"}),
        ({"name": "Ян", "phone": "12"}, 422, {"phone": "phone_invalid"}),
        ({"name": "Ян", "phone": "\0"}, 422, {"phone": "phone_invalid"}),
        ({"name": "Ян", "email": "a\0b@b.ua"}, 422, {"email": "email_words"}),
        ({"name": "а" * 201, "phone": "0671234567"}, 400, None),
        ({"phone": "0671234567"}, 400, None),
        ({"name": "Ян", "phone": "0671234567", "language": "de"}, 400, None),
        ({"name": ["Ян"], "phone": "0671234567"}, 400, None),
    ],
)
async def test_a_contact_that_cannot_be_used_says_which_field(
    centre: Centre, contact: dict[str, Any], status: int, fields: dict[str, str] | None
) -> None:
    held = await centre.held()
    problem = refused(
        await centre.post(f"/appointments/{held['token']}/confirmation", contact), status
    )
    if fields:
        assert (problem["code"], problem["fields"]) == ("bad_contact", fields)


async def test_signs_that_nobody_sees_do_not_get_into_a_name(centre: Centre) -> None:
    held = await centre.held()
    contact = CONTACT | {"name": "Олена\0 \n Мельник\u202e"}
    answer = await centre.post(f"/appointments/{held['token']}/confirmation", contact)
    assert done(answer)["name"] == "Олена Мельник"


async def test_one_contact_has_four_bookings_to_come(centre: Centre) -> None:
    for hour in (9, 10, 11, 12):
        await centre.booked(f"2026-11-24T{hour:02}:00:00+02:00")
    held = await centre.held("2026-11-25T10:00:00+02:00")
    answer = await centre.post(f"/appointments/{held['token']}/confirmation", CONTACT)
    refused(answer, 422, "too_many_bookings")


async def test_other_data_than_are_kept_are_a_conflict_and_can_be_corrected(
    centre: Centre,
) -> None:
    booked = await centre.booked()
    link = f"/appointments/{booked['token']}"
    assert (booked["phone"], booked["email"]) == ("+380•••••4567", None)
    other = CONTACT | {"phone": "067 222 22 22"}
    problem = refused(await centre.post(f"{link}/confirmation", other), 409, "already_booked")
    assert problem["kept"] == {"name": CONTACT["name"], "phone": "+380•••••4567", "email": None}
    corrected = done(await centre.post(f"{link}/corrections", {"phone": "067 222 22 22"}))
    assert (corrected["phone"], corrected["name"]) == ("+380•••••2222", CONTACT["name"])
    assert done(await centre.post(f"{link}/confirmation", other)) == corrected
    assert done(await centre.post(f"{link}/corrections", {})) == corrected


async def test_a_doubtful_address_is_refused_with_what_was_meant_unless_it_is_said_again(
    centre: Centre,
) -> None:
    held = await centre.held()
    link = f"/appointments/{held['token']}/confirmation"
    contact = CONTACT | {"email": "name@gmail.con"}
    problem = refused(await centre.post(link, contact), 422, "contact_unsure")
    assert problem["fields"] == {"email": "email_typo"}
    assert problem["suggestions"] == {"email": "name@gmail.com"}
    booked = done(await centre.post(link, contact | {"as_it_is": ["email"]}))
    assert booked["email"] == "n•••@gmail.con"
    again = await centre.held()
    link = f"/appointments/{again['token']}/confirmation"
    problem = refused(await centre.post(link, CONTACT), 422, "overlapping_bookings")
    assert problem["field"] == "phone" and problem["starts_at"] == TUESDAY
    assert done(await centre.post(link, CONTACT | {"as_it_is": ["overlap"]}))["state"] == "booked"


async def test_a_hold_is_extended_three_times(centre: Centre) -> None:
    held = await centre.held()
    path = f"/appointments/{held['token']}/extensions"
    for minutes in (20, 30, 40):
        longer = done(await centre.post(path))
        assert longer["held_until"] == f"2026-11-23T10:{minutes}:00+02:00"
    assert refused(await centre.post(path), 422, "extended_enough")["limit"] == 3
    centre.clock.advance(minutes=39)
    link = f"/appointments/{held['token']}"
    assert done(await centre.post(f"{link}/confirmation", CONTACT))["state"] == "booked"
    refused(await centre.post(path), 409, "appointment_state")
