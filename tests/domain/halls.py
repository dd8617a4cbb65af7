"""Random halls for the laws of dispatch, in whole minutes around 0."""

from hypothesis import strategies as st

from queue_app.domain.dispatch import CallingDesk, Expected, Person
from queue_app.domain.forward import Coming, Shift

SERVICES = ("bill", "meter", "debt", "legal")
some_services = st.frozensets(st.sampled_from(SERVICES), min_size=1, max_size=2)
desks = st.lists(
    st.frozensets(st.sampled_from(SERVICES), min_size=1, max_size=3), min_size=1, max_size=4
).map(lambda found: [CallingDesk(place, services) for place, services in enumerate(found, start=1)])


@st.composite
def crowds(draw: st.DrawFn, size: int = 25, latest: int = 300) -> list[Coming]:
    """People who come over some hours: walk-ins, with priority, booked early and late, sent."""
    people = []
    for number in range(draw(st.integers(0, size))):
        arrives = float(draw(st.integers(0, latest)))
        kind = draw(st.sampled_from(["walk-in", "walk-in", "priority", "booked", "sent"]))
        people.append(
            Coming(
                Person(
                    number,
                    draw(some_services),
                    arrives,
                    due=arrives + draw(st.integers(-30, 60)) if kind == "booked" else None,
                    priority=kind == "priority",
                    for_desk_id=draw(st.integers(1, 2)) if kind == "sent" else None,
                ),
                arrives,
                length=float(draw(st.integers(1, 40))),
                gone=arrives + draw(st.sampled_from([20, 1000])),
            )
        )
    return people


def bookings(people: list[Coming]) -> list[Expected]:
    """All bookings among them, by time."""
    return sorted(
        (
            Expected(one.person.due, one.person.services, one.person.id)
            for one in people
            if one.person.due is not None
        ),
        key=lambda one: one.due,
    )


@st.composite
def rosters(draw: st.DrawFn) -> list[Shift]:
    """Desks from the beginning or later, some with a break, none with an end."""
    found = []
    for desk in draw(desks):
        begins = draw(st.integers(50, 200))
        breaks = draw(st.sampled_from([(), ((float(begins), begins + 30.0),)]))
        found.append(Shift(desk, float(draw(st.sampled_from([0, 0, 45]))), breaks=breaks))
    return found


def planned(services: frozenset[str]) -> float:
    return 30.0 if "legal" in services else 8.0
