"""What the kiosk's page asks now and then: whether tickets are given, and why not."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from queue_app.domain.hall import Hall
from queue_app.domain.paper import PrinterState
from queue_app.screens.interruption import InterruptionView, interruption_now

DoorState = Literal["open", "past_last_ticket", "closed", "unserved", "interrupted"]


class DoorView(Struct, frozen=True):
    """Whether tickets are given. `page` changes when the page should be loaded anew.

    `unserved`: no desk of the branch gives any service. `opens_at`, `tickets_at` and `closes_at` as
    in `branch_day.Door`. `interruption`: why calls are stopped, for everybody or for some services.
    `stopped`: services for which no ticket is given, as it is not known when they resume;
    bookings can still check in. `ended`: those for which no more tickets are given today; where
    that is all of them, the last ticket was given. `serves_on`: whether whoever waits or has a
    booking is still served after the last ticket; not where the office has ended the day and nobody
    is left, at the desks or before them. `printer`: how that stands which prints this
    kiosk's tickets; None where it has none, or where `prints_itself`: by its browser, which cannot
    be asked.
    """

    version: int
    epoch: str
    state: DoorState
    opens_at: datetime | None
    tickets_at: datetime | None
    closes_at: datetime | None
    at: datetime
    page: str
    interruption: InterruptionView | None
    stopped: tuple[str, ...]
    ended: tuple[str, ...]
    serves_on: bool
    printer: PrinterState | None = None
    prints_itself: bool = False


def door_view(
    hall: Hall,
    *,
    serves: bool,
    page: str,
    printer: PrinterState | None = None,
    prints_itself: bool = False,
) -> DoorView:
    """The door at this moment. `serves`: whether any desk of the branch gives any service."""
    day, stops = hall.day, hall.refusal_of_all is not None
    # During an alert that is said first, also on a day without any more tickets.
    ended = hall.tickets_ended and not (stops and day.door(hall.at).state == "open")
    door = day.door_without_tickets(hall.at) if ended else day.door(hall.at)
    state: DoorState = "interrupted" if door.state == "open" and stops else door.state
    return DoorView(
        version=hall.version,
        epoch=hall.epoch,
        state=state if serves else "unserved",
        opens_at=door.opens_at,
        tickets_at=door.tickets_at,
        closes_at=door.closes_at,
        at=hall.directory.local(hall.at),
        page=page,
        interruption=interruption_now(hall),
        stopped=tuple(code for code in hall.directory.services if hall.refusal([code])),
        ended=tuple(code for code in hall.directory.services if hall.orders.ended([code])),
        serves_on=not hall.tickets_ended or _is_anybody_left(hall),
        printer=printer,
        prints_itself=prints_itself,
    )


def _is_anybody_left(hall: Hall) -> bool:
    return bool(hall.staffed or hall.visitors_waiting or hall.appointed)
