"""QR codes as inline SVG: one path, dark on white in every theme, so that scanners read them."""

from itertools import groupby

import qrcode
from markupsafe import Markup, escape
from qrcode.constants import ERROR_CORRECT_M

QUIET_MODULES = 4


def qr_svg(content: str, label: str) -> Markup:
    """An `<svg class="qr" role="img">` with a quiet zone; its size is left to the stylesheet."""
    code = qrcode.QRCode(border=QUIET_MODULES, error_correction=ERROR_CORRECT_M)
    code.add_data(content)
    code.make(fit=True)
    matrix = code.get_matrix()
    size = len(matrix)
    path = "".join(_row_path(y, row) for y, row in enumerate(matrix))
    return Markup(  # noqa: S704
        f'<svg class="qr" role="img" aria-label="{escape(label)}" viewBox="0 0 {size} {size}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path fill="#000" d="{path}"/></svg>'
    )


def _row_path(y: int, row: list[bool]) -> str:
    """One rectangle for each run of dark modules."""
    runs, x = [], 0
    for dark, group in groupby(row):
        width = len(list(group))
        if dark:
            runs.append(f"M{x} {y}h{width}v1h-{width}z")
        x += width
    return "".join(runs)
