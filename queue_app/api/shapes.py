"""What all shapes of API v1 share; the OpenAPI file shows the same as `interface.md`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Code = Annotated[str, Meta(max_length=80)]
Codes = Annotated[list[Code], Meta(max_length=20)]
AsItIs = Annotated[list[Literal["email", "overlap"]], Meta(max_length=10)]
"""What was asked back about and is meant as it is: an e-mail that is hardly one, refused as
`contact_unsure`, and a booking beside another of the same contact, `overlapping_bookings`."""
Proofs = Annotated[list[Annotated[str, Meta(max_length=80)]], Meta(max_length=4)]
"""Of `POST /proofs`, proven: asked for by 422 `contact_unproven`."""


class Body(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request: what it names and we do not know is refused, not dropped."""
