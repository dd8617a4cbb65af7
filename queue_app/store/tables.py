"""The tables as Piccolo sees them; tests/test_tables.py holds them against what migrations make.

Those of messages and wishes stand in `letter_tables`, those of waits in `wait_tables`. The
over several servers. Piccolo knows keys of one column only: of a longer one it is told the last.
"""

from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Date,
    DoublePrecision,
    ForeignKey,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.columns.base import Column
from piccolo.columns.column_types import UUID
from piccolo.table import Table

from queue_app.store.db import engine


class TimeRange(Column):
    """A `tstzrange`; asyncpg gives and takes `asyncpg.Range`."""

    value_type = object

    @property
    def column_type(self) -> str:
        return "TSTZRANGE"


class Centre(Table, tablename="centre", db=engine):
    id = Integer(primary_key=True)
    document = JSONB()
    version = BigInt(default=1)


class Service(Table, tablename="service", db=engine):
    code = Text(primary_key=True)
    position = Integer()
    document = JSONB()
    retired_at = Timestamptz(null=True, default=None)


class Branch(Table, tablename="branch", db=engine):
    id = Integer(primary_key=True)
    slug = Text(unique=True)
    position = Integer()
    title = JSONB()
    address = JSONB(null=True, default=None)
    shelter = JSONB(null=True, default=None)
    kind = Text(default="office")
    entrance = JSONB(null=True, default=None)
    access = JSONB(null=True, default=None)
    map = JSONB(null=True, default=None)
    hall_secret = UUID()
    hours = JSONB()
    closures = JSONB()
    retired_at = Timestamptz(null=True, default=None)


class BranchVersion(Table, tablename="branch_version", db=engine):
    branch_id = ForeignKey(Branch, null=False, primary_key=True)
    version = BigInt(default=1)


class Staff(Table, tablename="staff", db=engine):
    id = Integer(primary_key=True)
    login = Text(unique=True)
    role = Text()
    branch_id = ForeignKey(Branch, null=True)
    password_hash = Text(secret=True)
    created_at = Timestamptz()
    retired_at = Timestamptz(null=True, default=None)


class Session(Table, tablename="session", db=engine):
    token_hash = Bytea(primary_key=True)
    staff_id = ForeignKey(Staff, null=False)
    created_at = Timestamptz()
    expires_at = Timestamptz()


class Brake(Table, tablename="brake", db=engine):
    subject = Bytea(primary_key=True)
    failures = Integer()
    last_at = Timestamptz()
    free_at = Timestamptz()


class KnownBrowser(Table, tablename="known_browser", db=engine):
    staff_id = ForeignKey(Staff, null=False, primary_key=True)
    token_hash = Bytea()
    network = Bytea(null=True, default=None)
    seen_at = Timestamptz()


class Device(Table, tablename="device", db=engine):
    id = Integer(primary_key=True)
    branch_id = ForeignKey(Branch, null=False)
    name = Text()
    kinds = Array(Text())
    token_hash = Bytea()
    created_at = Timestamptz()
    revoked_at = Timestamptz(null=True, default=None)
    seen_at = Timestamptz(null=True, default=None)
    here_until = Timestamptz(null=True, default=None)
    version = Text(null=True, default=None)
    address = Text(null=True, default=None)
    battery = SmallInt(null=True, default=None)


class Pairing(Table, tablename="pairing", db=engine):
    secret_hash = Bytea(primary_key=True)
    code = Text(unique=True)
    kinds = Array(Text())
    name = Text()
    address = Text(null=True, default=None)
    created_at = Timestamptz()
    device_id = ForeignKey(Device, null=True, unique=True)


class BoardLine(Table, tablename="board_line", db=engine):
    branch_id = ForeignKey(Branch, null=False, primary_key=True)
    said = JSONB()
    until = Timestamptz()


class Desk(Table, tablename="desk", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    id = Integer(primary_key=True)
    number = Text()
    position = Integer()
    skills = Array(Text())
    roster = JSONB()
    retired_at = Timestamptz(null=True, default=None)
    state = Text(default="closed")
    staff_id = ForeignKey(Staff, null=True)
    pause_reason = Text(null=True, default=None)
    since = Timestamptz(null=True, default=None)
    help_at = Timestamptz(null=True, default=None)
    break_asked_at = Timestamptz(null=True, default=None)
    break_reason = Text(null=True, default=None)


class DeskSkills(Table, tablename="desk_skills", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    desk_id = Integer(primary_key=True)
    skills = Array(Text())
    until = Timestamptz()


class TicketLimit(Table, tablename="ticket_limit", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    service = ForeignKey(Service, null=False, primary_key=True)
    remaining = Integer()
    until = Timestamptz()
    is_over = Boolean(default=False)


class DeskEvent(Table, tablename="desk_event", db=engine):
    branch_id = Integer()
    id = BigInt(primary_key=True)
    desk_id = Integer()
    at = Timestamptz()
    verb = Text()
    staff_id = ForeignKey(Staff, null=False)
    reason = Text(null=True, default=None)
    actor = Text()


class Lane(Table, tablename="lane", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    id = Integer(primary_key=True)
    code = Text()
    position = Integer()
    channel = Text()
    skills = Array(Text())
    roster = JSONB()
    pause_minutes = Integer(default=0)
    walk_in_percent = Integer(default=0)
    retired_at = Timestamptz(null=True, default=None)


class Printer(Table, tablename="printer", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    id = Integer(primary_key=True)
    code = Text()
    position = Integer()
    address = Text()
    width_mm = Integer()
    kiosk = Text(null=True, default=None)
    answers = Boolean()
    retired_at = Timestamptz(null=True, default=None)
    state = Text(default="unknown")
    state_at = Timestamptz(null=True, default=None)


class Appointment(Table, tablename="appointment", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    id = BigInt(primary_key=True)
    lane_id = Integer()
    token = Text()
    code = Text()
    channel = Text()
    services = Array(Text())
    period = TimeRange()
    state = Text()
    held_until = Timestamptz(null=True, default=None)
    name = Text(null=True, default=None)
    phone = Text(null=True, default=None)
    email = Text(null=True, default=None)
    language = Text()
    created_at = Timestamptz()
    changed_at = Timestamptz()
    revision = Integer(default=1)
    checked_in_at = Timestamptz(null=True, default=None)
    wish_id = BigInt(null=True, default=None)


class AppointmentEvent(Table, tablename="appointment_event", db=engine):
    branch_id = Integer()
    appointment_id = BigInt()
    seq = Integer(primary_key=True)
    at = Timestamptz()
    verb = Text()
    actor = Text()
    data = JSONB()


class Unsettled(Table, tablename="unsettled", db=engine):
    branch_id = Integer()
    appointment_id = BigInt()
    since = Timestamptz(primary_key=True)
    why = Text()
    settled_at = Timestamptz(null=True, default=None)
    how = Text(null=True, default=None)


class OfficeEvent(Table, tablename="office_event", db=engine):
    id = BigInt(primary_key=True)
    at = Timestamptz()
    actor = Text()
    kind = Text()
    subject = Text()
    branch_id = ForeignKey(Branch, null=True)
    verb = Text()
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)


class Job(Table, tablename="job", db=engine):
    name = Text(primary_key=True)
    due_at = Timestamptz()
    leased_until = Timestamptz(null=True, default=None)
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    failed_at = Timestamptz(null=True, default=None)
    error = Text(null=True, default=None)
    seconds = DoublePrecision(null=True, default=None)
    runs = BigInt(default=0)
    failures = BigInt(default=0)


class Counter(Table, tablename="counter", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    day = Date()
    prefix = Text(primary_key=True)
    last = Integer()
    joined_at = Timestamptz(null=True, default=None)


class Ticket(Table, tablename="ticket", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    id = BigInt(primary_key=True)
    day = Date()
    number = Text()
    token = Text()
    channel = Text()
    priority = Text(null=True, default=None)
    language = Text()
    appointment_id = BigInt(null=True, default=None)
    due_at = Timestamptz(null=True, default=None)
    issued_at = Timestamptz()
    revision = Integer()
    state = Text()
    services = Array(Text())
    queued_at = Timestamptz()
    for_desk_id = Integer(null=True, default=None)
    desk_id = Integer(null=True, default=None)
    called_at = Timestamptz(null=True, default=None)
    calls = Integer(default=0)
    started_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    expected_at = Timestamptz(null=True, default=None)
    given = Array(Text(), default=[])
    outcome = Text(null=True, default=None)
    right_shown = Boolean(null=True, default=None)
    people = SmallInt(default=1)
    company = Text(null=True, default=None)


class VisitNote(Table, tablename="visit_note", db=engine):
    branch_id = Integer()
    ticket_id = BigInt()
    seq = Integer(primary_key=True)
    at = Timestamptz()
    actor = Text()
    text = Text()


class TicketEvent(Table, tablename="ticket_event", db=engine):
    branch_id = Integer()
    ticket_id = BigInt()
    seq = Integer(primary_key=True)
    at = Timestamptz()
    verb = Text()
    actor = Text()
    desk_id = Integer(null=True, default=None)
    data = JSONB(default="{}")


class Interruption(Table, tablename="interruption", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    id = BigInt(primary_key=True)
    kind = Text()
    services = Array(Text(), null=True, default=None)
    note = Text(null=True, default=None)
    started_at = Timestamptz()
    staff_id = ForeignKey(Staff, null=False)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = ForeignKey(Staff, null=True)
    resumes_at = Timestamptz(null=True, default=None)
    calls_until = Timestamptz(null=True, default=None)


class HoldFrom(Table, tablename="hold_from", db=engine):
    branch_id = Integer()
    appointment_id = BigInt(primary_key=True)
    address = Bytea(null=True, default=None)
    browser = Bytea(null=True, default=None)
    held_until = Timestamptz()


class Tally(Table, tablename="tally", db=engine):
    what = Text()
    subject = Bytea()
    begins_at = Timestamptz(primary_key=True)
    times = Integer()


class Request(Table, tablename="request", db=engine):
    scope = Text()
    key = UUID(primary_key=True)
    fingerprint = Text()
    response = JSONB(null=True, default=None)
    created_at = Timestamptz()
