"""Who may do what, and where: one table, asked by verbs, routes, pages and websockets.

A right has the name of the verb that it allows; what is only looked at begins with `see_`.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from queue_app.domain.errors import NotAllowed, NotSignedIn
from queue_app.domain.people import DEVICE_KINDS, RESIDENT, Actor, Device, DeviceKind, Staff

Party = DeviceKind | Literal["anyone", "clerk", "supervisor", "administrator", "operator", "system"]
Where = Literal["everywhere", "branch", "desk", "link"]
"""everywhere; the own branch, which is every one for an administrator without a branch; the desk
that one has taken; the one thing whose link one holds."""

STAFF: tuple[Party, ...] = ("clerk", "supervisor", "administrator")
DEVICES: tuple[Party, ...] = DEVICE_KINDS

_ANYONE: dict[Party, Where] = {"anyone": "everywhere"}
_BY_LINK: dict[Party, Where] = {"anyone": "link"}
_KIOSK: dict[Party, Where] = {"kiosk": "branch"}
_DEVICE: dict[Party, Where] = dict.fromkeys(DEVICES, "branch")
_SCREEN: dict[Party, Where] = dict.fromkeys(("kiosk", "board", "panel", "voice"), "branch")
_AT_DESK: dict[Party, Where] = {
    "clerk": "desk",
    "supervisor": "branch",
    "administrator": "branch",
}
_IN_BRANCH: dict[Party, Where] = dict.fromkeys(STAFF, "branch")
_OFFICE: dict[Party, Where] = {"supervisor": "branch", "administrator": "branch"}
_OPERATOR: dict[Party, Where] = {"operator": "everywhere"}
_SYSTEM: dict[Party, Where] = {"system": "everywhere"}

RIGHTS: Mapping[str, Mapping[Party, Where]] = {
    # Looking.
    "see_page": _ANYONE,
    "see_centre": _ANYONE,
    "see_slots": _ANYONE,
    "see_prospect": _ANYONE,
    "see_board": _ANYONE,
    "see_closed_board": _SCREEN | _IN_BRANCH,
    "see_ticket": _BY_LINK,
    "see_appointment": _BY_LINK,
    "see_kiosk": _KIOSK,
    "see_hall_code": _DEVICE,
    "see_desks": _IN_BRANCH,
    "see_queue": _IN_BRANCH,
    "see_desk": _IN_BRANCH,
    "see_contact": _AT_DESK,
    "see_history": _AT_DESK,
    "see_interruptions": _IN_BRANCH,
    "see_supervision": _OFFICE,
    "see_health": _ANYONE,
    # The day at a branch, with names, and what staff do for whoever asks them.
    "see_today": _IN_BRANCH,
    "issue_for": _IN_BRANCH,
    "check_in_for": _IN_BRANCH,
    "book_for": _IN_BRANCH,
    "move_for": _IN_BRANCH,
    "change_services_for": _IN_BRANCH,
    "cancel_for": _IN_BRANCH,
    # Residents.
    "hold": _ANYONE,
    "confirm": _BY_LINK,
    "extend": _BY_LINK,
    "move": _BY_LINK,
    "change_services": _BY_LINK,
    "correct": _BY_LINK,
    "forget": _BY_LINK,
    "look_up": _ANYONE,
    "ask_code": _ANYONE,
    "try_code": _BY_LINK,
    "see_proof": _BY_LINK,
    "cancel": _BY_LINK,
    "leave": _BY_LINK,
    "allow_push": _BY_LINK,
    "stop_push": _BY_LINK,
    # The waiting list.
    "make_wish": _ANYONE,
    "see_wish": _BY_LINK,
    "change_wish": _BY_LINK,
    "withdraw_wish": _BY_LINK,
    "forget_wish": _BY_LINK,
    "accept_offer": _BY_LINK,
    "decline_offer": _BY_LINK,
    "give_up_unsettled": _BY_LINK,
    # The kiosk, and the phone calls that fall due by themselves.
    "register_kiosk": _ANYONE,
    "issue": _KIOSK,
    "check_in": _KIOSK,
    "arrive": _BY_LINK,
    "admit_call": _SYSTEM,
    "reprint": _KIOSK | _IN_BRANCH,
    "note_printer": _SYSTEM,
    "give_up_print": _SYSTEM,
    # Devices. Whoever shows a code asks; the office confirms it.
    "ask_pairing": _ANYONE,
    "end_pairing": _BY_LINK,
    "see_pairing": _OFFICE,
    "confirm_device": _OFFICE | _OPERATOR,
    "revoke_device": _OFFICE | _OPERATOR,
    "see_devices": _IN_BRANCH,
    "sign_device": _DEVICE,
    # Desks.
    "begin_session": _ANYONE,
    "end_session": _ANYONE,
    "open_desk": _IN_BRANCH,
    "pause_desk": _AT_DESK,
    "close_desk": _AT_DESK | _SYSTEM,
    "ask_help": _AT_DESK,
    "end_help": _AT_DESK,
    "ask_break": _AT_DESK,
    "end_break_ask": _AT_DESK,
    "grant_break": _OFFICE,
    "call": _AT_DESK,
    "recall": _AT_DESK,
    "start": _AT_DESK,
    "finish": _AT_DESK,
    "no_show": _AT_DESK,
    "park": _AT_DESK,
    "check_right": _AT_DESK,
    "put_back": _IN_BRANCH,
    "transfer": _AT_DESK,
    "undo": _AT_DESK,
    "correct_contact": _AT_DESK,
    # What the office does at its branch.
    "open_desk_for": _OFFICE,
    "set_skills_today": _OFFICE,
    "summon": _OFFICE,
    "redirect": _OFFICE,
    "limit_tickets": _OFFICE,
    "end_day": _OFFICE,
    # The boards.
    "say_line": _OFFICE,
    # Time that stops.
    "interrupt": _AT_DESK,
    "resume": _AT_DESK,
    "resume_of_office": _OFFICE,
    # Whom changed plans hit: names and numbers, for who makes good for it.
    "see_unsettled": _OFFICE,
    "settle_unsettled": _OFFICE | _OPERATOR,
    "correct_unsettled": _OFFICE,
    # Reminders: by the link in one, or by a contact that was proven.
    "choose_reminders": _BY_LINK,
    "choose_reminders_of": _BY_LINK,
    "see_reminders": _BY_LINK,
    # What came back, or was refused: read from a mailbox, or handed over by a mail server.
    "refuse": _SYSTEM | _OPERATOR,
    # What happens by itself.
    "remind": _SYSTEM,
    "expire_holds": _SYSTEM,
    "offer_times": _SYSTEM,
    "end_wish": _SYSTEM,
    "tell_soon": _SYSTEM,
    "close_out": _SYSTEM,
    "settle": _SYSTEM,
    # The office.
    "add_staff": _OPERATOR,
    "change_password": _OPERATOR,
    "retire_staff": _OPERATOR,
    "add_device": _OPERATOR,
    "apply_centre": _OPERATOR,
    "erase_person": _OPERATOR,
    "erase_wishes": _OPERATOR,
    "note_person": _OPERATOR,
}


def parties_of(who: Actor) -> tuple[Party, ...]:
    """The columns of the table in which this actor stands: a device in one for each thing that it
    can do, anybody else in one."""
    if isinstance(who, Staff):
        return (who.role,)
    if isinstance(who, Device):
        return who.kinds
    return ("anyone",) if who.actor == "resident" else (who.actor,)


def require(right: str, who: Actor, branch_id: int | None = None) -> None:
    """Whether this actor has this right at all and, where a branch is named, in that branch.

    NotSignedIn `not_signed_in` or `not_a_device` where somebody else would have it; NotAllowed
    `not_allowed`, `not_a_kiosk`, `other_branch`. A link is proven by whoever holds it: what it
    leads to is found by it alone.
    """
    where = _where(right, who)
    if branch_id is not None and where in ("branch", "desk") and not _works_in(who, branch_id):
        raise NotAllowed("other_branch")


def require_desk(right: str, who: Actor, desk_staff_id: int | None) -> None:
    """NotAllowed `not_your_desk` for who has the right only at the desk that they have taken."""
    if not has_at_desk(right, who, desk_staff_id):
        raise NotAllowed("not_your_desk")


def needs_desk(right: str, who: Actor) -> bool:
    """Whether this actor has this right only while they have a desk."""
    return _where(right, who) == "desk"


def has_at_desk(right: str, who: Actor, desk_staff_id: int | None) -> bool:
    """Whether the right holds at a desk taken by this member of staff (None: by nobody)."""
    return _where(right, who) != "desk" or has_taken(who, desk_staff_id)


def has_taken(who: Actor, desk_staff_id: int | None) -> bool:
    """Whether a desk taken by this member of staff (None: by nobody) is this actor's."""
    return isinstance(who, Staff) and desk_staff_id == who.id


def reach(who: Actor, branch_ids: Iterable[int]) -> list[int]:
    """Of these branches, those in which this actor may act."""
    return [branch_id for branch_id in branch_ids if _works_in(who, branch_id)]


def _where(right: str, who: Actor) -> Where:
    allowed = RIGHTS[right]
    for party in (*parties_of(who), "anyone"):
        if party in allowed:
            return allowed[party]
    raise _refusal(allowed, who)


def _refusal(allowed: Mapping[Party, Where], who: Actor) -> NotSignedIn | NotAllowed:
    named = allowed.keys()
    if isinstance(who, Device) and named & set(DEVICES) == {"kiosk"}:
        return NotAllowed("not_a_kiosk")
    if isinstance(who, Device) and not named.isdisjoint(DEVICES):
        return NotAllowed("not_allowed")
    if who == RESIDENT and not named.isdisjoint(DEVICES):
        return NotSignedIn("not_a_device")
    if (isinstance(who, Device) or who == RESIDENT) and not named.isdisjoint(STAFF):
        return NotSignedIn("not_signed_in")
    return NotAllowed("not_allowed")


def _works_in(who: Actor, branch_id: int) -> bool:
    own = getattr(who, "branch_id", None)
    return own is None or own == branch_id
