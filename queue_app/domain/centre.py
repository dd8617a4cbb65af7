"""A centre as its files describe it: rules, priorities, branches, desks, lanes, hours.

Frozen structs without behaviour; the modules beside this one hold the rules that read them.
"""

from datetime import date, time
from typing import Literal

from msgspec import Struct

from queue_app.domain.catalogue import Channel, Group, Language, Service, Text
from queue_app.domain.dispatch import PolicyName
from queue_app.domain.matching import SearchWords
from queue_app.domain.paper import Paper, PrinterPlan

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Period(Struct, frozen=True, omit_defaults=True):
    """Local wall-clock hours, `opens` included, `closes` excluded; `hours.bounds` counts them.

    They belong to the date that names them, on which they open. What closes no later than it
    opens closes on the next date: 22:00 to 6:00, or 9:00 to 0:00, which is written 24:00.
    `after_midnight`: they open on the next date, too, as after a break in the night.
    """

    opens: time
    closes: time
    after_midnight: bool = False


Weekly = dict[Weekday, tuple[Period, ...]]
"""Periods by weekday, in order; a weekday that is missing has none."""


class Closure(Struct, frozen=True):
    """A day on which a branch keeps other hours than its weekly ones; no periods: closed.

    Hours that opened on the day before still end as they would have."""

    day: date
    reason: Text
    periods: tuple[Period, ...] = ()


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """The centre's own numbers. Durations are in whole minutes unless the name says otherwise."""

    grid_minutes: int = 5
    """The smallest unit of planning; every visit is rounded up to it."""
    start_step_minutes: int = 10
    """Bookable starts lie on multiples of this, counted from local midnight."""
    open_service_minutes: int = 15
    """The plan for a service published as "від N хв"."""
    lead_minutes: int = 30
    """A slot can be booked until this long before its start."""
    horizon_days: int = 21
    """How many days ahead the last bookable day lies."""
    release_hour: int = 6
    """The local hour at which the last day of the horizon opens for booking."""
    hold_minutes: int = 10
    """How long a chosen slot is held for its resident."""
    hold_extensions: int = 3
    """How often its resident may have as many minutes more."""
    early_minutes: int = 10
    """A checked-in booking may come first from this long before its time."""
    check_in_early_minutes: int = 24 * 60
    """A booking is checked in from this long before its time, on its day."""
    call_again_minutes: int = 15
    """Who does not answer the call they booked is called once more after so long; 0: not again."""
    hall_code_minutes: int = 5
    """The code by which one checks in from one's phone changes so often; 0: none is shown."""
    late_minutes: int = 10
    """A booking that checks in later than this joins the live queue."""
    last_ticket_minutes: int = 30
    """The kiosk gives its last ticket this long before closing."""
    kiosk_early_minutes: int = 15
    """The kiosk gives tickets from this long before opening."""
    at_closing: Literal["serve", "offer", "let_go"] = "serve"
    """Who still waits when the branch closes: is served; is let go and offered a time on another
    day by the ticket's page; is let go."""
    wait_target_minutes: int = 30
    """Nobody should wait longer; whoever does is counted on the supervisor's pages."""
    undo_minutes: int = 5
    """A clerk's verb can be undone for this long."""
    park_minutes: int = 20
    """Staff are reminded of whoever has been set aside for so long."""
    max_bookings: int = 4
    """Bookings to come that one phone number or e-mail may have."""
    holds_per_address: int = 20
    """Times that one address may hold at once; a household or an office is one address."""
    holds_per_browser: int = 3
    """Times that one browser may hold at once, each in a tab of its own; from 1 to 5."""
    bookings_per_address: int = 60
    """Bookings that one address may make in a day, and codes that it may ask for."""
    freed_slot_minutes: int = 0
    """A slot that is given back comes back within so many, at random; 0: at once."""
    prove_contact: Literal["never", "second", "always"] = "never"
    """Whether a contact is proven by a code: never, from its second open booking on, always."""
    booking_work_bits: int = 0
    """Before it books, a browser tries 2 to this power numbers on the mean, unnoticed; who cannot
    proves the contact by a code. 0: nothing is asked."""
    offer_minutes: int = 30
    """A free time is held so long for whoever is offered it on the waiting list; 0: no list."""
    max_wishes: int = 3
    """Wishes that one phone number or e-mail may have on the waiting list."""
    boards_open_to: Literal["anyone", "devices"] = "anyone"
    """Who sees boards and panels: anyone, or paired devices and the staff of the branch alone."""
    max_services: int = 5
    """Services in one visit."""
    alert_resume_minutes: int = 10
    """Calls resume this long after the all-clear of an alert."""
    alert_late_start_minutes: int = 30
    """An alert from before opening moves the day's first call to this long after its end."""
    retention_days: int = 30
    """Names, contacts and notes are deleted this long after the visit."""
    ask_breaks: bool = False
    """Whether clerks ask for a break, which the supervisor grants; else they take it."""
    ask_outcome: bool = False
    """Whether each visit ends with the question what was done; else whoever wishes says it."""
    policy: PolicyName = "promise"
    """By which of `dispatch.POLICIES` people are called."""
    quiet_from_hour: int = 21
    quiet_until_hour: int = 8
    voice_volume: int = 100
    """How loud boards call, in per cent; 0: they only show."""
    voice_quiet_from_hour: int = 0
    """From this full hour boards only show, until that one; the same: they sound at any hour."""
    voice_quiet_until_hour: int = 0
    reminder_hour: int = 18
    """At this hour of the day before a visit its resident is reminded; 0: not then."""
    reminder_minutes: int = 120
    """And so long before it; 0: not then."""
    walk_in_prefix: str = "A"
    """Latin letters, which are read in every country, unless a centre has those of its own."""
    booked_prefix: str = "R"
    priority_prefix: str = "P"


class Priority(Struct, frozen=True):
    """A category of people whom the law lets go first."""

    code: str
    title: Text


class VisitOutcome(Struct, frozen=True):
    """What may come of a visit, as the centre counts it: solved, to be continued, elsewhere."""

    code: str
    title: Text


class Skill(Struct, frozen=True):
    """A named set of services that a desk or a lane can give."""

    code: str
    title: Text
    services: tuple[str, ...]


class DeskPlan(Struct, frozen=True):
    """A place where visitors are served; `number` is what the board shows."""

    number: str
    skills: tuple[str, ...]
    roster: Weekly


class LanePlan(Struct, frozen=True):
    """Capacity that can be booked: room for one visit at a time, not the desk that will call.

    `pause_minutes`: kept free between two visits. `walk_in_percent`: so much of each of its days
    is not booked, but left to the live queue.
    """

    code: str
    channel: Channel
    skills: tuple[str, ...]
    roster: Weekly
    pause_minutes: int = 0
    walk_in_percent: int = 0


BranchKind = Literal["office", "contact_centre"]
"""An office receives visitors; the contact centre phones, for the whole city."""


class BranchPlan(Struct, frozen=True):
    slug: str
    title: Text
    address: Text | None
    hours: Weekly
    closures: tuple[Closure, ...]
    desks: tuple[DeskPlan, ...]
    lanes: tuple[LanePlan, ...]
    shelter: Text | None = None
    """Where people go in an alert, and how to get there."""
    kind: BranchKind = "office"
    entrance: Text | None = None
    """Where one goes in."""
    access: Text | None = None
    """What is accessible, and how: steps, a ramp, a lift, a loop."""
    map: tuple[float, float] | None = None
    """Latitude and longitude in degrees."""
    printers: tuple[PrinterPlan, ...] = ()


class Checklist(Struct, frozen=True):
    """Documents to bring or send, under the code by which services name it."""

    code: str
    title: Text
    items: tuple[Text, ...]


class Contact(Struct, frozen=True):
    """A way to reach the centre without a visit; `hours` in words, `open` when it answers."""

    code: str
    title: Text
    value: str
    url: str | None = None
    hours: Text | None = None
    open: Weekly = {}


class Note(Struct, frozen=True):
    """A rule or advice that residents should read, such as the one on seals."""

    code: str
    title: Text
    text: Text


class BranchWords(Struct, frozen=True):
    """What is said of the branches where people call them otherwise, such as districts."""

    which: Text | None = None
    """Asked of whoever wants to be called: which branch shall call?"""
    another: Text | None = None
    """What leads to another branch where this one has no free time."""
    visit: Text | None = None
    """Below "I will come": a visit to what?"""


class StopWords(Struct, frozen=True):
    """What stops calls, where people have a word of their own for it."""

    alert: Text | None = None
    """Why everybody leaves the hall: an air-raid alert, a fire alarm, an earthquake."""
    alert_advice: Text | None = None
    """What to do then, at a branch without a shelter of its own."""
    power: Text | None = None
    registry: Text | None = None
    """That what the desks work with is down."""


class Centre(Struct, frozen=True):
    """All of one installation, as read from its folder and as loaded from its database.

    `languages`: at least one, the first is the one in which whoever chooses none is spoken to.
    `country`: as ISO 3166 has it ("UA"), for telephone numbers without a country's code and for
    the look of times; None: neither is known. `phone_example`: a number as people write it.
    """

    title: Text
    languages: tuple[Language, ...]
    timezone: str
    country: str | None
    phone_example: str | None
    branch_words: BranchWords
    rules: Rules
    groups: tuple[Group, ...]
    services: tuple[Service, ...]
    checklists: tuple[Checklist, ...]
    contacts: tuple[Contact, ...]
    notes: tuple[Note, ...]
    priorities: tuple[Priority, ...]
    skills: tuple[Skill, ...]
    branches: tuple[BranchPlan, ...]
    search: SearchWords = SearchWords()
    paper: Paper = Paper()
    outcomes: tuple[VisitOutcome, ...] = ()
    stop_words: StopWords = StopWords()
