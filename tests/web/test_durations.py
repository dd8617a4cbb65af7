"""How long a service takes is said alike on every page."""

import httpx

from tests.web.resident import CHOICE, TUESDAY_TEN, booked, get, words_of

ONE = "service=debt-amount&channel=visit&branch=podilskyi"
BOTH = "service=debt-amount&service=payment-search&channel=visit&branch=podilskyi"


async def test_one_service_takes_what_the_catalogue_has_published(
    client: httpx.AsyncClient,
) -> None:
    """Not what is kept free for it, which is rounded up to the grid."""
    for path in (f"/?{ONE}", f"/way?{ONE}", f"/branch?{ONE}", f"/day?{ONE}",
                 f"/time?{ONE}&day=2026-11-24", f"/wish?{ONE}"):  # fmt: skip
        page = words_of(await get(client, path))
        assert "2–10 хв" in page and "до 10 хв" not in page, path


async def test_several_take_what_they_take_at_most_together(client: httpx.AsyncClient) -> None:
    for path in (f"/way?{BOTH}", f"/day?{BOTH}", f"/time?{BOTH}&day=2026-11-24"):
        page = words_of(await get(client, path))
        assert "до 17 хв" in page, path
    first = await get(client, f"/?{BOTH}")
    assert 'data-minutes="10" data-published="2–10' in first.text
    assert 'data-minutes="7" data-published="7' in first.text


async def test_a_booking_says_what_was_said_before_it(client: httpx.AsyncClient) -> None:
    assert "3–7 хв" in words_of(await get(client, f"/time?{CHOICE}&day={TUESDAY_TEN.date()}"))
    assert "3–7 хв" in words_of(await get(client, await booked(client)))
