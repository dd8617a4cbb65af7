"""The centre's numbers: from where to where each makes sense, and which fit together."""

import re
from zoneinfo import ZoneInfo

from config.reading import Place, Reader
from queue_app.domain.centre import Rules
from queue_app.domain.quiet import Quiet

BOUNDS: dict[str, tuple[int, int]] = {
    "grid_minutes": (1, 60),
    "start_step_minutes": (1, 1440),
    "open_service_minutes": (1, 1440),
    "lead_minutes": (0, 43_200),
    "horizon_days": (1, 366),
    "release_hour": (0, 23),
    "hold_minutes": (1, 1440),
    "hold_extensions": (0, 10),
    "early_minutes": (0, 1440),
    "check_in_early_minutes": (0, 1440),
    "call_again_minutes": (0, 240),
    "hall_code_minutes": (0, 60),
    "late_minutes": (0, 1440),
    "last_ticket_minutes": (0, 1440),
    "kiosk_early_minutes": (0, 1440),
    "wait_target_minutes": (1, 1440),
    "undo_minutes": (0, 1440),
    "max_bookings": (1, 1000),
    "holds_per_address": (1, 100_000),
    "holds_per_browser": (1, 5),
    "bookings_per_address": (1, 1_000_000),
    "freed_slot_minutes": (0, 1440),
    "booking_work_bits": (0, 22),
    "offer_minutes": (0, 1440),
    "max_wishes": (1, 1000),
    "max_services": (1, 20),
    "alert_resume_minutes": (0, 1440),
    "alert_late_start_minutes": (0, 1440),
    "park_minutes": (1, 1440),
    "retention_days": (1, 3660),
    "quiet_from_hour": (0, 23),
    "quiet_until_hour": (0, 23),
    "voice_volume": (0, 100),
    "voice_quiet_from_hour": (0, 23),
    "voice_quiet_until_hour": (0, 23),
    "reminder_hour": (0, 23),
    "reminder_minutes": (0, 12 * 60),
}
"""The least and the most of every rule that is a number."""

PREFIXES = ("walk_in_prefix", "booked_prefix", "priority_prefix")
_PREFIX = re.compile(r"[^\W\d_]{1,2}")
_LIKE_DIGITS = frozenset("ЗзОоOoБбIlІЧчΟοΙاוןס")
"""Letters that pass for digits on a board ten metres away: З1 is read as 31."""
_ALIKE = str.maketrans("АВСЕНІКМОРТХУасеіорху", "ABCEHIKMOPTXYaceiopxy")
"""Cyrillic letters as the Latin ones that look the same."""


def check_rules(reader: Reader, place: Place, rules: Rules) -> None:
    """The centre's numbers must make sense, each and together."""
    wrong = {
        name
        for name, (least, most) in BOUNDS.items()
        if not in_bounds(reader, place.at(name), getattr(rules, name), least, most)
    }
    if wrong.isdisjoint(("grid_minutes", "start_step_minutes")):
        _check_grid(reader, place, rules)
    if wrong.isdisjoint(("lead_minutes", "horizon_days")):
        days = rules.horizon_days
        if rules.lead_minutes >= days * 1440:
            reader.problem(
                place.at("lead_minutes"),
                f"is longer than the {days} days of horizon_days, so nothing could be booked",
            )
    quiet = Quiet(rules.quiet_from_hour, rules.quiet_until_hour, ZoneInfo("UTC"))
    if rules.reminder_hour and quiet.holds_hour(rules.reminder_hour):
        reader.problem(place.at("reminder_hour"), "lies in the quiet hours, when no message leaves")
    _check_prefixes(reader, place, rules)


def in_bounds(reader: Reader, place: Place, value: int, least: int, most: int) -> bool:
    if not least <= value <= most:
        reader.problem(place, f"must be from {least} to {most}")
        return False
    return True


def _check_grid(reader: Reader, place: Place, rules: Rules) -> None:
    if 60 % rules.grid_minutes:
        reader.problem(place.at("grid_minutes"), "must divide 60")
    elif rules.start_step_minutes % rules.grid_minutes:
        reader.problem(place.at("start_step_minutes"), "must be a multiple of grid_minutes")
    elif 24 * 60 % rules.start_step_minutes:
        reader.problem(place.at("start_step_minutes"), "must divide a day of 1440 minutes")


def _check_prefixes(reader: Reader, place: Place, rules: Rules) -> None:
    seen: dict[str, str] = {}
    for name in PREFIXES:
        prefix = getattr(rules, name)
        if not _PREFIX.fullmatch(prefix):
            reader.problem(place.at(name), "must be one or two letters")
        elif prefix in seen:
            reader.problem(place.at(name), f"is the same as {seen[prefix]}")
        elif prefix[-1] in _LIKE_DIGITS:
            reader.problem(place.at(name), f"{prefix}1 is read as a bare number on a board")
        seen[prefix] = name


def warn_of_prefixes(reader: Reader, place: Place, rules: Rules) -> None:
    """Letters of two alphabets beside one another, some of which nobody can tell apart."""
    prefixes = {name: getattr(rules, name) for name in PREFIXES}
    cyrillic = {name: one for name, one in prefixes.items() if _is_cyrillic(one)}
    for name, one in prefixes.items():
        if name in cyrillic or not cyrillic:
            continue
        twins = [twin for twin, other in cyrillic.items() if _looks(other) == one]
        if twins:
            reader.warning(
                place.at(name), f"{one!r} is Latin and looks the same as the Cyrillic {twins[0]}"
            )
        elif _has_twin(one):
            reader.warning(
                place.at(name),
                f"{one!r} is Latin beside Cyrillic prefixes; is the Cyrillic letter meant?",
            )


def _is_cyrillic(prefix: str) -> bool:
    return any("\u0400" <= letter <= "\u04ff" for letter in prefix)


def _looks(prefix: str) -> str:
    return prefix.translate(_ALIKE)


def _has_twin(prefix: str) -> bool:
    return all(ord(letter) in _ALIKE.values() for letter in prefix)
