"""A quiet challenge: whoever books computes for a moment, so that made-up bookings cost something.

What is computed for is the link of what is held. It is drawn by chance and booked once, so nothing
has to be kept or signed, and no answer is of use twice.
"""

from hashlib import sha256
from itertools import count

LONGEST = 20
"""So many signs an answer has at most."""


def is_done(bits: int, challenge: str, answer: str) -> bool:
    """Whether the SHA-256 of "challenge.answer" begins with so many zero bits; 0: nothing is
    asked."""
    if bits == 0:
        return True
    if len(answer) > LONGEST or not answer.isascii():
        return False
    digest = sha256(f"{challenge}.{answer}".encode()).digest()
    return int.from_bytes(digest) >> (8 * len(digest) - bits) == 0


def answer_to(bits: int, challenge: str) -> str:
    """What a program answers, after 2 to the power of `bits` tries on the mean."""
    return next(one for one in map(str, count()) if is_done(bits, challenge, one))
