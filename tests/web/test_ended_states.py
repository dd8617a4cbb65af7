"""However a booking ends, its page says who ended it and leads on."""

import re

import httpx
import pytest

from queue_app.clock import FixedClock
from tests.support.ended_states import Channel, Hall, ended_states
from tests.support.people import CALLS
from tests.web.resident import get, words_of

SAID: dict[Channel, dict[str, str]] = {
    "visit": {
        "freed": "Його звільнили о 10:00 кнопкою",
        "instead": "О 10:00 у цьому браузері",
        "lapsed": "Ми тримали його до 10:10, але запис не завершили",
        "cancelled": "Ви скасували його 23 листопада о 10:00",
        "by centre": "Центр скасував цей запис",
        "missed": "Час цього запису минув",
        "done": "Візит відбувся",
        "no show": "Вас викликали, але ви не підійшли",
        "left": "Ви вийшли з черги",
    },
    "phone": {
        "freed": "Його звільнили о 10:00 кнопкою",
        "instead": "О 10:00 у цьому браузері",
        "lapsed": "Ми тримали його до 10:10, але запис не завершили",
        "cancelled": "Ви скасували його 23 листопада о 10:00",
        "by centre": "Центр скасував цей запис",
        "missed": "Ми вам не зателефонували",
        "done": "Розмова відбулася",
        "no show": "Ми телефонували, але не додзвонилися",
        "left": "Ви відмовилися від дзвінка",
    },
}
"""By how it ended."""


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["visit", "phone"])
async def test_every_ended_state_says_who_ended_it_and_the_way_on(
    client: httpx.AsyncClient, clock: FixedClock, channel: Channel
) -> None:
    visit = channel == "visit"
    where, service = ("podilskyi", "bill-duplicate") if visit else (CALLS, "tariffs")
    links = await ended_states(Hall(channel, where, service, clock))
    assert set(SAID[channel]) == set(links)
    wrong = {}
    for how, token in links.items():
        page = await get(client, f"/visit/{token}")
        said = words_of(page)
        if SAID[channel][how] not in said:
            wrong[how] = said.partition("English")[2][:250]
        onward = re.findall(
            r'<(?:a|button) class="button button-primary[^>]*?(?:href="([^"]+)")?>', page.text
        )
        if len(onward) != 1:
            wrong[f"{how}, ways on"] = str(onward)
        for href in filter(None, onward):
            assert (await get(client, href.replace("&amp;", "&"))).status_code == 200
    assert wrong == {}
