"""What a ticket may say, and which printers give it: what the types cannot tell."""

from config.checking import CODE, MOST_SIGNS_OF_A_CODE
from config.reading import Place, Reader
from queue_app.domain.centre import BranchPlan, Centre
from queue_app.domain.paper import BROWSER, OWN_WORDS, check_printer_address

NEEDED = "number"
"""Without it a ticket is none."""


def check_paper(reader: Reader, centre: Centre) -> None:
    """A ticket has its number, each part once, and words where a part has no others; a printer
    has an address, and no kiosk has two."""
    _check_parts(reader, Place("centre.toml", "paper"), centre)
    for branch in centre.branches:
        _check_printers(reader, Place("branches.toml", "branches").item(branch.slug), branch)


def _check_parts(reader: Reader, place: Place, centre: Centre) -> None:
    paper = centre.paper
    for part in dict.fromkeys(paper.parts):
        if paper.parts.count(part) > 1:
            reader.problem(place.at("parts"), f'"{part}" is given twice')
    if NEEDED not in paper.parts:
        reader.problem(place.at("parts"), f'has no "{NEEDED}"')
    for part in OWN_WORDS:
        if part in paper.parts and part not in paper.words:
            reader.lack(place.at("words").at(part), f'is missing: "{part}" says nothing else')
    for part in paper.words:
        if part not in paper.parts:
            reader.warning(place.at("words").at(part), f'is not printed: no "{part}" in parts')


def _check_printers(reader: Reader, branch_place: Place, branch: BranchPlan) -> None:
    taken: dict[str | None, str] = {}
    for printer in branch.printers:
        place = branch_place.at("printers").item(printer.code)
        if not CODE.fullmatch(printer.code) or len(printer.code) > MOST_SIGNS_OF_A_CODE:
            reader.problem(
                place.at("code"), "must be lower-case Latin words joined by hyphens: hall-1"
            )
        if printer.address != BROWSER:
            reader.parsed(place.at("address"), check_printer_address, printer.address)
        if other := taken.get(printer.kiosk):
            whose = f'the kiosk "{printer.kiosk}"' if printer.kiosk else "every other kiosk"
            reader.problem(place.at("kiosk"), f"{whose} has the printer {other} already")
        taken[printer.kiosk] = printer.code
