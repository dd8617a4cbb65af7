"""A branch as a forecast sees it: who waits, what each desk does, and what may yet come."""

import math
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.dispatch import CallingDesk, Expected, Person, Policy
from queue_app.domain.forward import Stop
from queue_app.domain.habits import Habits
from queue_app.domain.service_times import ServiceTime, of_people


class Underway(Struct, frozen=True):
    """A visit at a desk: how many minutes ago it began, and how long such visits take.

    Negative minutes: so long ago its person was called; it has not begun. Minutes in which
    everything was stopped do not count.
    """

    minutes: float
    time: ServiceTime


class ForeseenDesk(Struct, frozen=True):
    """A desk of the forecast: from when and until when it works, and whom it serves now.

    `stood`: for how many minutes it has been free, where nobody is at it.
    """

    desk: CallingDesk
    opens: float = 0.0
    leaves: float = math.inf
    serving: Underway | None = None
    breaks: tuple[tuple[float, float], ...] = ()
    stood: float = 0.0


class Scene(Struct, frozen=True):
    """All that a forecast needs of a branch; minutes count from now.

    `booked`: people with a booking who are not there yet. `expected`: all bookings that were not
    called, by time, their holders there or not. `stops`: the interruptions of the day, also those
    that are over; one without a known end ends at infinity, and whoever it stops has no wait.
    """

    waiting: Sequence[Person]
    desks: Sequence[ForeseenDesk]
    booked: Sequence[Person]
    expected: Sequence[Expected]
    time_of: Callable[[frozenset[str]], ServiceTime]
    planned: Callable[[frozenset[str]], float]
    policy: Policy
    habits: Habits = Habits()
    stops: Sequence[Stop] = ()

    def length_of(self, person: Person) -> ServiceTime:
        """How long the visit of a person, or of a group on one number, takes."""
        return of_people(self.time_of(person.services), person.people)

    @property
    def there(self) -> list[Person]:
        """Who waits and may be called now."""
        return [one for one in self.waiting if not one.is_away(0.0)]

    @property
    def away(self) -> list[Person]:
        """Who was not there when called early, and is expected at their booked time."""
        return [one for one in self.waiting if one.is_away(0.0)]

    @property
    def lasting(self) -> list[Stop]:
        """The interruptions that last now."""
        return [one for one in self.stops if one.begins <= 0 < one.ends]

    @property
    def resumed(self) -> "Scene | None":
        """The same as if every stop without a known end ended at once; None: there is none.

        While nobody knows when named services resume, the high end of the others' waits is the
        higher of both scenes: whoever is stopped now may then be called before them.
        """
        known = [one for one in self.stops if one.ends < math.inf]
        if len(known) == len(self.stops):
            return None
        return replace(self, stops=known)

    @property
    def came_until(self) -> float:
        """Until when people came: not while all is stopped, so until its beginning, else now."""
        return min((one.begins for one in self.lasting if one.services is None), default=0.0)

    @property
    def still_until(self) -> float:
        """From which minute on desks may call at all; minus infinity where nothing is stopped."""
        if not self.lasting:
            return -math.inf
        until = 0.0
        for one in sorted(self.stops, key=lambda one: one.begins):
            if one.services is None and one.begins <= until < one.ends:
                until = one.ends
        return until
