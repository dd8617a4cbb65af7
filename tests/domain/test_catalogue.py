"""How long a visit is planned, and through which channels it can be had."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.catalogue import (
    Channel,
    Duration,
    Service,
    Text,
    common_channels,
    planned_minutes,
    visit_minutes,
)


def service(
    shortest: int,
    longest: int | None,
    channels: tuple[Channel, ...] = ("visit",),
    planned: int | None = None,
) -> Service:
    return Service(
        code="any",
        group="any",
        title=Text(uk="Будь-яка", en="Any"),
        duration=Duration(shortest, longest),
        channels=channels,
        planned_minutes=planned,
    )


@pytest.mark.parametrize(
    ("published", "minutes"),
    [
        (service(7, 7), 7),
        (service(5, 7), 7),
        (service(10, None), 15),
        (service(20, None), 20),
        (service(5, 7, planned=12), 12),
        (service(10, None, planned=25), 25),
    ],
    ids=["exact", "range", "open", "open above the setting", "override", "open with override"],
)
def test_each_form_of_a_published_time_has_its_plan(published: Service, minutes: int) -> None:
    assert planned_minutes(published, open_minutes=15) == minutes


@pytest.mark.parametrize(("longest", "minutes"), [(1, 5), (5, 5), (6, 10), (15, 15)])
def test_a_visit_is_rounded_up_to_the_grid(longest: int, minutes: int) -> None:
    assert visit_minutes([service(1, longest)], open_minutes=15, grid_minutes=5) == minutes


def test_services_are_added_up_before_the_rounding() -> None:
    services = [service(7, 7), service(3, 4), service(10, None)]
    assert visit_minutes(services, open_minutes=15, grid_minutes=5) == 30


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=5), st.sampled_from([1, 5, 10, 15, 20, 30])
)
def test_a_visit_is_a_multiple_of_the_grid_and_less_than_one_cell_too_long(
    lengths: list[int], grid: int
) -> None:
    minutes = visit_minutes([service(n, n) for n in lengths], 15, grid)
    assert minutes % grid == 0
    assert 0 <= minutes - sum(lengths) < grid


def test_only_channels_with_slots_that_all_services_share_are_common() -> None:
    by_both = service(5, 5, channels=("phone", "visit", "site"))
    at_a_desk = service(5, 5, channels=("visit",))
    assert common_channels([by_both]) == ("visit", "phone")
    assert common_channels([by_both, at_a_desk]) == ("visit",)
    assert common_channels([at_a_desk, service(5, 5, channels=("phone",))]) == ()
