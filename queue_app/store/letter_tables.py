"""What is said to people outside the house: messages, pushes, and the times wished for."""

from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    Text,
    Timestamptz,
)
from piccolo.columns.column_types import UUID
from piccolo.table import Table

from queue_app.store.db import engine
from queue_app.store.tables import Branch, TimeRange


class Outbox(Table, tablename="outbox", db=engine):
    id = Integer(primary_key=True, default=1)
    identity = UUID()


class Message(Table, tablename="message", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    id = BigInt(primary_key=True)
    identity = UUID()
    event = Text()
    kind = Text()
    channel = Text()
    recipient = Text()
    language = Text()
    appointment_id = BigInt(null=True, default=None)
    ticket_id = BigInt(null=True, default=None)
    state = Text(default="waiting")
    attempts = Integer(default=0)
    created_at = Timestamptz()
    due_at = Timestamptz()
    leased_until = Timestamptz(null=True, default=None)
    begun_at = Timestamptz(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    error = Text(null=True, default=None)


class Reminded(Table, tablename="reminded", db=engine):
    reminder = Text(primary_key=True)
    reach = Timestamptz()


class Unreminded(Table, tablename="unreminded", db=engine):
    contact = Text(primary_key=True)
    since = Timestamptz()


class RefusedContact(Table, tablename="refused_contact", db=engine):
    contact = Text(primary_key=True)
    refused_at = Timestamptz()
    reason = Text()


class FreedSlot(Table, tablename="freed_slot", db=engine):
    branch_id = Integer()
    id = BigInt(primary_key=True)
    lane_id = Integer()
    period = TimeRange()
    free_at = Timestamptz()


class Wish(Table, tablename="wish", db=engine):
    id = BigInt(primary_key=True)
    token = Text()
    state = Text()
    services = Array(Text())
    channel = Text()
    branches = Array(Integer())
    first_day = Date()
    last_day = Date()
    weekdays = Array(Integer())
    from_hour = Integer()
    until_hour = Integer()
    language = Text()
    name = Text(null=True, default=None)
    phone = Text(null=True, default=None)
    email = Text(null=True, default=None)
    made_at = Timestamptz()
    changed_at = Timestamptz()
    revision = Integer()


class WishEvent(Table, tablename="wish_event", db=engine):
    wish_id = BigInt()
    seq = Integer(primary_key=True)
    at = Timestamptz()
    verb = Text()
    actor = Text()
    data = JSONB(default="{}")


class PushKey(Table, tablename="push_key", db=engine):
    id = Integer(primary_key=True, default=1)
    private_key = Bytea()


class PushSubscription(Table, tablename="push_subscription", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    id = BigInt(primary_key=True)
    appointment_id = BigInt(null=True, default=None)
    ticket_id = BigInt(null=True, default=None)
    endpoint = Text()
    p256dh = Bytea()
    auth = Bytea()
    language = Text()
    created_at = Timestamptz()


class Proof(Table, tablename="proof", db=engine):
    id = BigInt(primary_key=True)
    token_hash = Bytea()
    contact = Text()
    code_hash = Text(null=True, default=None)
    tries = Integer(default=0)
    asked_at = Timestamptz()
    proven_at = Timestamptz(null=True, default=None)
