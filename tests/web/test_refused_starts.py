"""A start that is none: each reason has words of its own, with near times on both sides of it."""

import re
from datetime import datetime

import httpx
import pytest

from tests.support.people import CALLS
from tests.web.resident import KYIV, get, post, words_of

STARTS = {
    "past": "2026-11-23T09:00",
    "too_near": "2026-11-23T10:20",
    "closed_day": "2026-11-28T10:00",
    "closed_then": "2026-11-24T21:00",
    "off_grid": "2026-11-24T10:03",
    "beyond_horizon": "2027-03-01T10:00",
}
BOTH_SIDES = {"closed_day", "closed_then", "off_grid"}
OF_THE_HALL = ("приходьте", "талон", "візит", "відділення зачинено", "Відділення не працює")


@pytest.mark.parametrize(
    ("channel", "branch", "service"),
    [("visit", "podilskyi", "no-debt-certificate"), ("phone", CALLS, "tariffs")],
)
async def test_each_reason_has_its_own_words_and_near_times_on_both_sides(
    client: httpx.AsyncClient, channel: str, branch: str, service: str
) -> None:
    titles = set[str]()
    for reason, wall in STARTS.items():
        wanted = datetime.fromisoformat(wall).replace(tzinfo=KYIV)
        form = {"service": service, "channel": channel, "branch": branch}
        page = await post(client, "/visit", form | {"starts_at": wanted.isoformat()})
        assert page.url.path == "/taken" and page.url.params["reason"] == reason
        [title] = re.findall(r"<h1>(.*?)</h1>", page.text)
        titles.add(title)
        near = [
            datetime.fromisoformat(one)
            for one in re.findall(r'"starts_at" value="([^"]+)"', page.text)
        ]
        assert near
        if reason in BOTH_SIDES:
            assert min(near) < wanted < max(near), reason
        if channel == "phone":
            told = words_of(page).partition("Усі дні")[0].replace("без візиту", "")
            assert [one for one in OF_THE_HALL if one in told] == [], reason
    assert len(titles) == len(STARTS)


async def test_a_time_that_was_taken_says_so_and_nothing_else(client: httpx.AsyncClient) -> None:
    chosen = "service=no-debt-certificate&channel=visit&branch=podilskyi"
    page = await get(client, f"/taken?{chosen}&why=slot_taken&wanted=2026-11-24T10:00:00%2B02:00")
    assert "щойно" in words_of(page)
