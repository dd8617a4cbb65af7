"""The search on the first page of booking and in the API."""

from html import unescape

import httpx
import pytest
from httpx import URL
from msgspec.structs import replace

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from tests.support.database import CONFIG
from tests.web.resident import words_of

SEARCH = "/api/v1/catalogue/search"


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("платіжка", "bill-duplicate"),
        ("lichylnyk", "meter-registration"),
        ("cel", "instalments-court"),
    ],
)
async def test_the_api_answers_in_the_language_that_is_asked_for(
    client: httpx.AsyncClient, question: str, code: str
) -> None:
    found = await client.get(SEARCH, params={"q": question, "language": "en"})
    assert found.status_code == 200
    results = found.json()["results"]
    assert any(one["code"].startswith(code) for one in results)
    assert all(one["title"].isascii() or "’" in one["title"] for one in results)
    assert all(one["kind"] in ("service", "note") and one["matched"] for one in results)


async def test_no_question_finds_nothing_and_a_long_one_is_refused(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get(SEARCH)).json() == {"results": []}
    assert (await client.get(SEARCH, params={"q": "а" * 201})).status_code == 400


async def test_without_scripts_what_was_found_stands_first_and_once_with_what_is_ticked(
    client: httpx.AsyncClient,
) -> None:
    ticked = {"q": "загубила платіжку", "service": "tariffs"}
    page = await client.get("/", params=ticked)
    assert page.text.count('value="bill-duplicate"') == 1
    assert page.text.index('value="bill-duplicate"') < page.text.index("<details")
    assert 'value="tariffs" data-home="charges"' in page.text
    tail = page.text[page.text.index('value="tariffs"') :]
    assert "checked" in tail[: tail.index(">")]


async def test_advice_is_found_as_well_and_led_to(client: httpx.AsyncClient) -> None:
    asked = {"q": "прописка", "service": "tariffs"}
    page = await client.get("/", params=asked)
    line = page.text.partition('data-note="remote-residents">')[2].partition("</a>")[0]
    way = URL(unescape(line.partition('href="')[2].partition('"')[0]))
    assert (way.path, way.fragment, dict(way.params)) == ("/about", "remote-residents", asked)
    about = await client.get(str(way.copy_with(fragment=None)))
    assert 'id="remote-residents"' in about.text
    back = URL(
        unescape(about.text.partition('class="back"><a class="alone" href="')[2].split('"')[0])
    )
    assert (back.path, dict(back.params)) == ("/", asked)


async def test_where_nothing_fits_the_page_says_so_and_whom_to_ask(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/", params={"q": "піца"})
    assert "За цими словами тут нічого немає" in words_of(page)
    assert 'href="tel:' in page.text
    assert "<details" in page.text


async def test_what_is_understood_in_part_alone_is_shown_and_said_to_be_so(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/", params={"q": "довідка чупакабри"})
    assert "Ми зрозуміли не всі слова" in words_of(page)
    assert page.text.index('value="no-debt-certificate"') < page.text.index("<details")
    results = (await client.get(SEARCH, params={"q": "довідка чупакабри"})).json()["results"]
    assert results and not any(one["sure"] for one in results)
    assert "Ми зрозуміли" not in words_of(await client.get("/", params={"q": "довідка"}))


async def test_where_nothing_fits_another_question_leads_to_the_service_for_it(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    assert "Інше запитання" not in words_of(await client.get("/", params={"q": "піца"}))
    centre = load_centre(CONFIG)
    search = replace(centre.search, another="debt-advice")
    await apply(By(OPERATOR, clock.now()), replace(centre, search=search))
    while (await reference.directory()).centre.search.another is None:
        reference.forget()
    page = await client.get("/", params={"q": "піца"})
    assert 'href="/way?service=debt-advice">Інше запитання' in page.text
    await apply(By(OPERATOR, clock.now()), centre)
    reference.forget()
