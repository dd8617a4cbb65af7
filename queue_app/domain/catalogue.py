"""What the centre does, for how long, and through which channel.

The published catalogue gives a service time in one of three forms: exact ("7 хв"),
a range ("5-7 хв") or open ("від 10 хв"). `planned_minutes` states how each is planned.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

Language = str
"""A code as browsers and CLDR have it: "uk", "mt", "pt-BR"."""
Channel = Literal["visit", "phone", "site"]
"""visit: at a desk; phone: the contact centre; site: read it online. `site` has no slots."""

SLOT_CHANNELS: tuple[Channel, ...] = ("visit", "phone")


class Text(dict[Language, str]):
    """One text by language, the centre's first language first; nobody changes it.

    A language in which it is not said has it in the first of those in which it is.
    """

    _instead: Mapping[Language, Language] | None = None
    """In which language it stands for others that have no words of their own for it."""

    def instead(self, spoken: Mapping[Language, Language]) -> "Text":
        """The same text, known to stand in other languages for some."""
        if not spoken:
            return self
        made = Text(self)
        made._instead = spoken
        return made

    def like(self, other: "Text") -> "Text":
        """The same text, known to stand in the languages in which the `other` stands."""
        spoken = {one: other.spoken_in(one) for one in self}
        return self.instead({one: other for one, other in spoken.items() if one != other})

    def __missing__(self, language: Language) -> str:
        return next(iter(self.values()), "")

    def spoken_in(self, language: Language) -> Language:
        """The language in which whoever asks for this one reads it."""
        own = language if language in self else next(iter(self), language)
        return (self._instead or {}).get(own, own)

    def is_alike(self, one: Language, other: Language) -> bool:
        """Whether it reads the same in both languages."""
        return self[one] == self[other]

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


def texts_of(languages: Sequence[Language]) -> Callable[[type, Any], Any]:
    """For msgspec's `dec_hook`: a Text from a table, its languages in the order of these."""

    def made(wanted: type, table: Any) -> Any:
        if wanted is not Text:
            raise NotImplementedError(wanted)
        if not isinstance(table, dict):
            raise ValueError("must be a table of languages")
        ordered = {one: table[one] for one in languages if one in table}
        return Text(ordered | table)

    return made


class Duration(Struct, frozen=True, forbid_unknown_fields=True):
    """A published service time in whole minutes; `max_minutes` is None when open ("від 10")."""

    min_minutes: int
    max_minutes: int | None


class Group(Struct, frozen=True):
    code: str
    title: Text


class Service(Struct, frozen=True):
    """One line of the published catalogue.

    `planned_minutes` overrides the plan of this service, whatever the published form.
    `documents` are the codes of the checklists of what is sent, as photos or scans, so that no
    visit is needed; `bring` those of what a visitor takes along.
    """

    code: str
    group: str
    title: Text
    duration: Duration
    channels: tuple[Channel, ...]
    planned_minutes: int | None = None
    documents: tuple[str, ...] = ()
    bring: tuple[str, ...] = ()


def planned_minutes(service: Service, open_minutes: int) -> int:
    """Minutes to plan for one service: its override, else exact as is, a range its maximum.

    An open duration is planned as `open_minutes`, but never below its published minimum.
    """
    if service.planned_minutes is not None:
        return service.planned_minutes
    if service.duration.max_minutes is None:
        return max(open_minutes, service.duration.min_minutes)
    return service.duration.max_minutes


def visit_minutes(services: Iterable[Service], open_minutes: int, grid_minutes: int) -> int:
    """Minutes to plan for one visit: its services added up, rounded up to the grid."""
    total = sum(planned_minutes(service, open_minutes) for service in services)
    return -(-total // grid_minutes) * grid_minutes


def common_channels(services: Iterable[Service]) -> tuple[Channel, ...]:
    """The channels with slots that every one of the services is given through."""
    offered = [set(service.channels) for service in services]
    return tuple(channel for channel in SLOT_CHANNELS if all(channel in one for one in offered))
