"""What is loaded and probably not meant, or left out, is warned of or filled in."""

from pathlib import Path

from config.files import check_centre, load_centre
from queue_app.domain.catalogue import Text
from tests.domain.spoiling import add_to_last_office


def test_what_can_hardly_be_meant_is_a_warning_with_its_file_key_and_reason(folder: Path) -> None:
    known = [one.key for one in check_centre(folder)[1]]
    assert known == ["branches"], "no addresses are published"
    path = folder / "capacity.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('["9:00-12:00", "13:00-18:00"]', '["9:00-12:00", "13:00-19:00"]')
    path.write_text(text, encoding="utf-8")
    add_to_last_office(
        folder, '[[branches.desks]]\nnumber = "1"\nskills = ["payments", "charges"]\n'
    )
    last = load_centre(folder).branches[-2].slug
    _, desk, *lanes = (str(one) for one in check_centre(folder)[1])
    assert desk == (
        "capacity.toml: layouts[district].desks[6].roster: mon-thu 13:00-19:00 reaches beyond the"
        " hours of the branch (capacity.toml: layouts[district].hours)"
    )
    assert (
        "capacity.toml: layouts[district].lanes[visit-legal].skills: no desk of the branch"
        f" (branches.toml: branches[{last}].desks) offers what can be booked here:"
        " debt-restructuring, instalments-court-decision, instalments-pending-case, tariff-dispute"
    ) in lanes


def test_a_text_that_lacks_a_language_is_shown_in_another_and_listed(folder: Path) -> None:
    path = folder / "catalogue.toml"
    said = 'title.en = "A discount missing from a payment"\n'
    path.write_text(path.read_text(encoding="utf-8").replace(said, ""), encoding="utf-8")
    centre, doubts = check_centre(folder)
    assert [str(doubt) for doubt in doubts if doubt.key != "branches"] == [
        "catalogue.toml: services[missing-discount].title.en: is missing; shown in uk instead"
    ]
    title = centre.services[1].title
    assert title["en"].startswith("Відсутність знижки")


def test_a_centre_that_names_no_languages_has_those_of_its_title(folder: Path) -> None:
    path = folder / "centre.toml"
    text = path.read_text(encoding="utf-8").replace('languages = ["uk", "en"]\n', "")
    path.write_text(text, encoding="utf-8")
    assert load_centre(folder).languages == ("uk", "en")


def test_where_nobody_can_be_asked_either_it_is_said(folder: Path) -> None:
    (folder / "advice.toml").write_text("", encoding="utf-8")
    catalogue = folder / "catalogue.toml"
    lines = catalogue.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = "".join(line for line in lines if not line.startswith("documents"))
    catalogue.write_text(kept, encoding="utf-8")
    (folder / "search.toml").unlink()
    told = [str(one) for one in check_centre(folder)[1] if one.key == "branches"]
    assert "residents are not told where it is, nor whom to ask" in told[0]


def test_where_a_branch_is_can_be_said_and_is_asked_for(folder: Path) -> None:
    doubts = [str(one) for one in check_centre(folder)[1]]
    assert len(doubts) == 1
    assert doubts[0].startswith("branches.toml: branches: no address: residents are told whom")
    add_to_last_office(
        folder,
        'address.uk = "вул. Перша, 1"\nentrance.uk = "з двору"\naccess.uk = "пандус"\n'
        "map = [30.52, 250.45]\n",
    )
    last = load_centre(folder).branches[-2]
    assert (last.entrance, last.access) == (Text(uk="з двору"), Text(uk="пандус"))
    told = [str(one) for one in check_centre(folder)[1] if "is missing" not in str(one)]
    assert last.slug not in told[0]
    assert "map: is latitude, then longitude, in degrees: [50.4501, 30.5234]" in told[1]
