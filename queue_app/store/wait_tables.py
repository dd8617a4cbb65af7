"""What was learned and foretold of waits, and what of it came true."""

from piccolo.columns import (
    JSONB,
    BigInt,
    Bytea,
    DoublePrecision,
    ForeignKey,
    Integer,
    Real,
    Text,
    Timestamptz,
)
from piccolo.table import Table

from queue_app.store.db import engine
from queue_app.store.tables import Branch, Service


class ServiceTime(Table, tablename="service_time", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    service = ForeignKey(Service, null=False, primary_key=True)
    mu = DoublePrecision()
    sigma = DoublePrecision()
    visits = DoublePrecision()
    learned_at = Timestamptz()


class BranchHabits(Table, tablename="branch_habits", db=engine):
    branch_id = ForeignKey(Branch, null=False, primary_key=True)
    document = JSONB()
    learned_at = Timestamptz()
    correction = JSONB(default="{}")


class WaitsAhead(Table, tablename="waits_ahead", db=engine):
    branch_id = ForeignKey(Branch, null=False, primary_key=True)
    made_at = Timestamptz()
    week_at = Timestamptz()
    centre_version = BigInt()
    document = JSONB()


class Foretold(Table, tablename="foretold", db=engine):
    branch_id = ForeignKey(Branch, null=False)
    starts_at = Timestamptz(primary_key=True)
    made_at = Timestamptz()
    low_minutes = Integer()
    high_minutes = Integer()
    came = Integer(null=True, default=None)
    held = Integer(null=True, default=None)


class Promise(Table, tablename="promise", db=engine):
    branch_id = Integer()
    ticket_id = BigInt(primary_key=True)
    promised_at = Timestamptz()
    revision = Integer()
    low_minutes = Integer()
    high_minutes = Integer()
    shown = Text()
    outcome = Text(null=True, default=None)
    waited_minutes = DoublePrecision(null=True, default=None)
    people_ahead = Integer(null=True, default=None)
    low_forecast = Real(null=True, default=None)
    high_forecast = Real(null=True, default=None)


class Imported(Table, tablename="imported", db=engine):
    branch_id = Integer()
    ticket_id = BigInt(null=True, default=None)
    row_hash = Bytea(primary_key=True)
    imported_at = Timestamptz()
    appointment_id = BigInt(null=True, default=None)


class ImportedMark(Table, tablename="imported_mark", db=engine):
    branch_id = Integer()
    desk_id = Integer(primary_key=True)
    at = Timestamptz()
    verb = Text()
