"""The steps of a booking, as a browser without scripts takes them, to the confirmation."""

import re
from datetime import datetime

import httpx
import pytest
from msgspec.structs import replace

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from tests.support.database import CONFIG
from tests.support.weight import files_of
from tests.web.resident import CHOICE, HTML, PERSON, TUESDAY_TEN, booked, get, hold, post, words_of

SIX_SERVICES = [
    "tariffs",
    "area-change",
    "debt-advice",
    "meter-readings",
    "recalculations",
    "quality-check",
]


async def test_every_service_of_the_catalogue_stands_on_the_first_page(
    client: httpx.AsyncClient,
) -> None:
    page = await get(client, "/")
    assert page.text.count('name="service"') == 34
    assert page.text.count("<details") == 8
    assert "від 10 хв" in words_of(page)


async def test_each_question_leads_to_the_next(client: httpx.AsyncClient) -> None:
    way = await get(client, "/way?service=tariffs")
    assert "Чи потрібно приходити?" in words_of(way)
    only_visit = await get(client, "/way?service=no-debt-certificate")
    assert only_visit.url.path == "/branch"
    assert "Подільський район" in words_of(only_visit)
    day = await get(client, f"/day?{CHOICE}")
    assert re.search(r"вівторок, 24\sлистопада: \d+ вільн", words_of(day))
    time = await get(client, f"/time?{CHOICE}&day=2026-11-24")
    assert 'value="2026-11-24T10:00:00+02:00"' in time.text


@pytest.mark.parametrize(
    ("url", "step"),
    [
        ("/time", "/"),
        ("/day?service=tariffs", "/way"),
        ("/day?service=tariffs&channel=visit&branch=nowhere", "/branch"),
        (f"/time?{CHOICE}", "/day"),
        (f"/time?{CHOICE}&day=soon", "/day"),
        ("/branch?service=no-debt-certificate", "/branch"),
    ],
)
async def test_a_step_that_comes_too_early_leads_to_the_missing_one(
    client: httpx.AsyncClient, url: str, step: str
) -> None:
    assert (await get(client, url)).url.path == step


@pytest.mark.parametrize(
    ("services", "sentence"),
    [
        ([], "Оберіть принаймні одну послугу"),
        (SIX_SERVICES, "не більше 5"),
    ],
)
async def test_services_that_cannot_be_booked_together_are_said_at_the_top(
    client: httpx.AsyncClient, services: list[str], sentence: str
) -> None:
    page = await get(client, "/way?" + "&".join(f"service={code}" for code in services))
    assert page.status_code == 422
    assert sentence in words_of(page)
    assert 'href="#service-list"' in page.text


async def test_a_resident_books_and_sees_code_time_and_place(client: httpx.AsyncClient) -> None:
    held = await hold(client)
    assert "Тримаємо цей час для вас до 10:10" in words_of(held)
    page = await post(client, held.url.path, PERSON)
    text = words_of(page)
    assert "Вівторок, 24 листопада, 10:00" in text.replace("вівторок", "Вівторок")
    assert "Подільський район" in text
    assert re.search(r"Ваш код \d{3} \d{3}", text)
    assert 'class="qr"' in page.text


async def test_what_is_missing_is_said_at_the_top_and_what_was_entered_is_kept(
    client: httpx.AsyncClient,
) -> None:
    held = await hold(client)
    page = await post(client, held.url.path, {"name": " ", "phone": "12", "email": "olena@"})
    text = words_of(page)
    assert page.history[0].status_code == 303, "so that Back and reload never send it again"
    assert "Вкажіть ваше ім’я" in text
    assert "Перевірте номер телефону" in text
    assert "Перевірте електронну пошту" in text
    assert 'href="#phone"' in page.text
    assert 'value="olena@"' in page.text
    mended = await post(client, held.url.path, PERSON)
    assert "Вас записано" in words_of(mended)
    assert "entered" not in client.cookies


async def test_a_day_of_another_year_is_named_with_its_year(client: httpx.AsyncClient) -> None:
    for day, named in (("2026-11-25", False), ("2027-11-25", True)):
        page = words_of(await get(client, f"/time?{CHOICE}&day={day}"))
        assert "25 листопада" in page
        assert ("2027 р." in page) is named


async def test_a_call_needs_a_phone_and_shows_no_qr(client: httpx.AsyncClient) -> None:
    form = {
        "service": "tariffs",
        "channel": "phone",
        "branch": "contact-centre",
        "starts_at": TUESDAY_TEN.isoformat(),
    }
    held = await post(client, "/visit", form)
    assert "Кому зателефонувати?" in words_of(held)
    refused = await post(client, held.url.path, {"name": "Олена", "email": "olena@example.com"})
    assert "Вкажіть телефон, на який вам зателефонувати" in words_of(refused)
    page = await post(client, held.url.path, PERSON)
    assert "Зателефонуємо на +380 •• ••• 45 67" in words_of(page)
    assert 'class="qr"' not in page.text


async def test_what_was_kept_in_a_cookie_by_somebody_else_breaks_nothing(
    client: httpx.AsyncClient,
) -> None:
    held = await hold(client)
    for value in ("x", "e30=", "eyJjb2RlIjogImJhZF9jb250YWN0In0="):
        answer = await client.get(held.url.path, headers={**HTML, "Cookie": f"entered={value}"})
        assert answer.status_code == 200


async def test_the_same_pages_are_english_when_asked(client: httpx.AsyncClient) -> None:
    page = await get(client, "/?lang=en")
    assert "What is it about?" in words_of(page)
    assert "Certificates" in words_of(await get(client, "/"))


async def test_what_can_be_done_without_a_visit_is_told(client: httpx.AsyncClient) -> None:
    page = await get(client, "/about")
    assert "0 800 404 407" in words_of(page)
    assert "Лічильник має бути опломбований" in words_of(page)
    assert 'href="https://youtu.be/U-ZmUUA1Qv8"' in page.text


async def test_a_residents_page_is_light(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    for url in ("/", f"/day?{CHOICE}", f"/time?{CHOICE}&day=2026-11-25", link, "/about"):
        page = await get(client, url)
        files = await files_of(client, page.text)
        sent = page.num_bytes_downloaded + sum(files.values())
        assert sent < 25_000, (url, files)


async def test_every_page_of_the_path_is_under_60_kilobytes(client: httpx.AsyncClient) -> None:
    """Whole: with its styles, its scripts and what they import."""
    link = await booked(client)
    two = "service=debt-amount&service=owner-change&branch=podilskyi"
    own = ("", "/services", "/day", "/contact", "/cancellation", "/data")
    paths = [
        *("/", "/?q=борг", "/way?service=tariffs", f"/branch?{CHOICE}", f"/taken?{CHOICE}"),
        *(f"/day?{CHOICE}", f"/time?{CHOICE}&day=2026-11-25", f"/two?{two}", f"/wish?{CHOICE}"),
        *("/now", "/now/podilskyi", "/my", "/my/all", "/about", "/held"),
        *(f"{link}{step}" for step in own),
    ]
    for path in paths:
        page = await get(client, path)
        assert page.status_code == 200, path
        files = await files_of(client, page.text)
        assert page.num_bytes_downloaded + sum(files.values()) < 60_000, (path, files)


async def test_a_time_is_chosen_first_and_the_place_after_it(client: httpx.AsyncClient) -> None:
    anywhere = CHOICE.replace("podilskyi", "*")
    places = await get(client, f"/branch?{anywhere.rsplit('&', 1)[0]}")
    assert "Де буде раніше" in words_of(places)
    day = await get(client, f"/day?{anywhere}")
    assert "будь-де, де є час" in words_of(day)
    time = await get(client, f"/time?{anywhere}&day=2026-11-24")
    assert 'action="/at"' in time.text
    at = await get(client, f"/at?{anywhere}&day=2026-11-24&starts_at=2026-11-24T10:00:00%2B02:00")
    assert at.text.count('name="branch"') == 10
    form = {"service": "no-debt-certificate", "channel": "visit", "key": "", "instead": ""}
    chosen = {"starts_at": "2026-11-24T10:00:00+02:00", "branch": "podilskyi"}
    held = await post(client, "/visit", form | chosen)
    assert "Подільський район" in words_of(held) and "Хто прийде?" in words_of(held)
    nowhere = await post(client, "/visit", form | chosen | {"branch": "*"})
    assert nowhere.url.path == "/at"


@pytest.mark.parametrize(
    ("hours", "shown", "hidden"),
    [
        ("morning", "T09:00", "T12:00"),
        ("afternoon", "T14:00", "T11:50"),
        ("evening", "T17:00", "T16:50"),
        ("night", "T09:00", None),
    ],
)
async def test_only_times_of_the_part_of_the_day_that_suits_are_shown(
    client: httpx.AsyncClient, hours: str, shown: str, hidden: str | None
) -> None:
    page = await get(client, f"/time?{CHOICE}&day=2026-11-24&hours={hours}")
    assert f"2026-11-24{shown}" in page.text
    assert hidden is None or f"2026-11-24{hidden}" not in page.text


@pytest.mark.parametrize(
    ("at", "first", "said"),
    [
        ("2026-11-23T10:00+02:00", "Зателефонувати зараз: (044) 247-40-40", None),
        ("2026-11-23T19:00+02:00", "Зателефонувати зараз: (044) 247-40-40", "ніхто не відповідає"),
        ("2026-11-22T10:00+02:00", None, "ніхто не відповідає"),
    ],
)
async def test_what_needs_no_visit_is_offered_first_with_the_number_that_answers_now(
    client: httpx.AsyncClient, clock: FixedClock, at: str, first: str | None, said: str | None
) -> None:
    clock.set(datetime.fromisoformat(at))
    page = await get(client, "/way?service=meter-registration-info&service=tariffs")
    words = words_of(page)
    assert 'href="tel:+380442474040"' in page.text and 'href="tel:0800404407"' in page.text
    assert (first in words) if first else ("Зателефонувати зараз" not in words)
    assert said is None or said in words
    assert words.index("Без візиту") < words.index("Особисто")


async def test_what_is_sent_as_photos_is_not_called_what_one_brings(
    client: httpx.AsyncClient,
) -> None:
    form = {"service": "meter-readings", "channel": "visit", "branch": "podilskyi"}
    needs = {"service": "sealed-meter-missing"}
    for chosen in (form, form | needs):
        held = await post(client, "/visit", chosen | {"starts_at": TUESDAY_TEN.isoformat()})
        said = words_of(await post(client, held.url.path, PERSON))
        assert "Що взяти із собою" not in said or "не опублікував" in said


async def test_what_can_be_sent_is_said_before_any_time_where_all_of_it_can(
    client: httpx.AsyncClient,
) -> None:
    alone = await get(client, "/way?service=sealed-meter-missing")
    assert "Надіслати фото" in words_of(alone) and "Прийду" in words_of(alone)
    assert (
        'href="/way?service=sealed-meter-missing'
        in (await get(client, "/branch?service=sealed-meter-missing&channel=visit")).text
    )
    beside = await get(client, "/way?service=sealed-meter-missing&service=area-change")
    assert "Надіслати фото" not in words_of(beside)


async def test_what_is_only_brought_to_a_visit_is_not_said_to_be_sent(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    sent = "Оновити дані лічильника після повірки"
    assert sent in words_of(await get(client, "/about"))
    centre = load_centre(CONFIG)
    services = tuple(replace(one, bring=one.documents, documents=()) for one in centre.services)
    await apply(By(OPERATOR, clock.now()), replace(centre, services=services))
    reference.forget()
    try:
        page = words_of(await get(client, "/about"))
        assert sent not in page and "Що можна надіслати" not in page
    finally:
        await apply(By(OPERATOR, clock.now()), centre)
        reference.forget()


async def test_every_number_on_the_page_of_contacts_is_a_link(client: httpx.AsyncClient) -> None:
    page = await get(client, "/about")
    assert page.text.count('href="tel:') >= 12
