"""What services are called, for every screen that names them."""

from queue_app.domain.catalogue import Text
from queue_app.domain.hall import Hall


def titles(hall: Hall, services: tuple[str, ...]) -> tuple[Text, ...]:
    """The titles of these services, retired ones included, in the order given."""
    known = hall.directory.services_ever
    return tuple(known[code].title for code in services if code in known)
