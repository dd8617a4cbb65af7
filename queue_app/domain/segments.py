"""How many parts a short message is sent in (3GPP TS 23.038): each is paid for."""

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""What takes one place of seven bits."""
GSM_7_EXTENDED = frozenset("\f^{}\\[~]|€")
"""What takes two, which no part may be cut between."""


def segments(text: str) -> int:
    """The parts of this text: 160 or 153 places each, where all of it is of the GSM alphabet, else
    70 or 67 units of sixteen bits. No text: none."""
    if is_plain(text):
        return _parts([2 if one in GSM_7_EXTENDED else 1 for one in text], 160, 153)
    return _parts([2 if ord(one) > 0xFFFF else 1 for one in text], 70, 67)


def is_plain(text: str) -> bool:
    """Whether all of it is of the GSM alphabet, as no Cyrillic is."""
    return all(one in GSM_7 or one in GSM_7_EXTENDED for one in text)


def _parts(widths: list[int], alone: int, of_several: int) -> int:
    if sum(widths) <= alone:
        return 1 if widths else 0
    parts, room = 0, 0
    for width in widths:
        if width > room:
            parts, room = parts + 1, of_several
        room -= width
    return parts
