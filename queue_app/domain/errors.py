"""One small tree of errors; the web layer maps each to a status and a sentence.

    QueueError
    ├── BadRequest    400  what cannot be read
    ├── NotSignedIn   401  who is asking is unknown
    ├── NotAllowed    403  who is asking may not
    ├── NotFound      404  there is no such thing
    ├── Conflict      409  somebody was first, or the state forbids it
    ├── RuleBroken    422  a rule of the centre says no
    └── TooMany       429  too often

Each carries a stable `code` (its sentence stands in `queue_app/web/sentences`)
and `details`: facts that help to correct it, such as the nearest free slots.
"""

from typing import Any, ClassVar


class QueueError(Exception):
    """What a person or a program did that cannot be done, and why."""

    status: ClassVar[int] = 500

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details

    def __str__(self) -> str:
        return f"{self.code} {self.details}" if self.details else self.code


class BadRequest(QueueError):
    status = 400


class NotSignedIn(QueueError):
    status = 401


class NotAllowed(QueueError):
    status = 403


class NotFound(QueueError):
    status = 404


class Conflict(QueueError):
    status = 409


class RuleBroken(QueueError):
    status = 422


class TooMany(QueueError):
    status = 429
