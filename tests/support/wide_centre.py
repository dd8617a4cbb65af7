"""The first centre with the longest words that anybody might type, none of which can be broken."""

import re
import shutil
from pathlib import Path

FIRST = Path(__file__).parents[2] / "config" / "kyiv-cks"
LONG = "Щонайнезручнішезазначенебезжодногопробілуніде"
NAME = ("Вольфешлегельштайнгаузенбергердорф" * 4)[:120]
MAIL = f"{'o' * 60}@{'x' * 60}.{'y' * 60}.example.com"
DESK = "Приймальня-керівника-117"
LOGIN = "clerk-of-the-reception-of-the-director-of-the-centre"


def written_to(folder: Path) -> Path:
    """Its files, each title with such a word at its end, and a desk with such a name."""
    shutil.copytree(FIRST, folder)
    for file in folder.glob("*.toml"):
        text = re.sub(
            r'^((?:title|address|shelter|text|value|hours|note)\.(?:uk|en) = ".*)"',
            rf'\1 {LONG}"',
            file.read_text(),
            flags=re.MULTILINE,
        )
        text = text.replace('number = "1"', f'number = "{DESK}"', 1)
        file.write_text(text)
    return folder
