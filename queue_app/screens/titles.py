"""What services and rights are called, for every screen that names them."""

from queue_app.domain.catalogue import Text
from queue_app.domain.centre import Centre
from queue_app.domain.hall import Hall


def titles(hall: Hall, services: tuple[str, ...]) -> tuple[Text, ...]:
    """The titles of these services, retired ones included, in the order given."""
    known = hall.directory.services_ever
    return tuple(known[code].title for code in services if code in known)


def title_of_right(centre: Centre, code: str | None) -> Text | None:
    """The right to go first by this code; None for none, or one that the centre has no more."""
    return next((one.title for one in centre.priorities if one.code == code), None)
