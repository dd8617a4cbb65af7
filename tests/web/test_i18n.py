from datetime import UTC
from pathlib import Path
from typing import NamedTuple

import pytest
from litestar import Litestar, Request, get
from litestar.datastructures import State
from litestar.testing import TestClient

from queue_app.domain.catalogue import Text
from queue_app.texts.catalogues import merged_catalog
from queue_app.texts.speaker import Speaker
from queue_app.texts.words import LOCALE_FOLDER, TEMPLATE, words
from queue_app.web.i18n import _browser_language, language_of
from queue_app.web.templating import short_names
from tests.web.messages import Places, catalogues, every_text, template, untranslated


def test_every_text_of_every_room_has_its_ukrainian() -> None:
    assert not untranslated()


@pytest.mark.slow
def test_the_catalogues_are_as_make_texts_writes_them() -> None:
    places = every_text()
    assert TEMPLATE.read_text() == template(places)
    for path, text in catalogues(LOCALE_FOLDER / "uk", places).items():
        assert path.read_text() == text, path.name


def test_make_texts_takes_out_what_is_gone_and_adds_what_is_new(tmp_path: Path) -> None:
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
    kept = '# a note\nmsgid "Close"\nmsgstr "Закрити"\n'
    (tmp_path / "uk").mkdir()
    path = tmp_path / "uk" / "kiosk.po"
    path.write_text(f'{head}\nmsgid "Gone"\nmsgstr "Немає"\n\n{kept}')
    places: Places = {(None, "Close"): "kiosk/a.html", ("c", "New"): "kiosk/b.html"}
    written = catalogues(tmp_path / "uk", places)
    assert written == {path: f'{head}\n{kept}\nmsgctxt "c"\nmsgid "New"\nmsgstr ""\n'}


def test_english_is_what_the_templates_say() -> None:
    assert words("en").gettext("Language") == "Language"
    assert words("uk").gettext("Language") == "Мова"


@pytest.mark.parametrize("language", ["uk", "en"])
def test_a_script_gets_every_plural_form_and_by_which_rule_they_are_chosen(language: str) -> None:
    spoken = words(language)
    forms = spoken.forms("%(n)s person", "%(n)s people")
    assert len(set(forms)) == {"uk": 3, "en": 2}[language]
    for number in (0, 1, 2, 5, 11, 21, 104, 111):
        chosen = forms[int(spoken.plural_rule[number])]
        assert chosen == spoken.ngettext("%(n)s person", "%(n)s people", number)


def test_two_catalogues_that_disagree_are_refused(tmp_path: Path) -> None:
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    folder = tmp_path / "uk"
    folder.mkdir()
    (folder / "a.po").write_text(header + 'msgid "Close"\nmsgstr "Закрити"\n')
    (folder / "b.po").write_text(header + 'msgid "Close"\nmsgstr "Близько"\n')
    with pytest.raises(ValueError, match="Close"):
        merged_catalog(folder)


SPEAKER = Speaker(("uk", "en"), UTC)


class _Pages(NamedTuple):
    speaker: Speaker


@pytest.mark.parametrize(
    ("query", "cookie", "header", "expected"),
    [
        ("", None, "", "uk"),
        ("", None, "en-GB,en;q=0.9", "en"),
        ("", None, "en-GB,en;q=0.9,uk;q=0.1", "uk"),
        ("", None, "de,fr;q=0.8", "uk"),
        ("", "en", "uk", "en"),
        ("?lang=uk", "en", "en", "uk"),
        ("?lang=xx", "en", "uk", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_then_chosen_then_read(
    query: str, cookie: str | None, header: str, expected: str
) -> None:
    @get("/", sync_to_thread=False)
    def handler(request: Request) -> str:
        return language_of(request)

    state = State({"pages": _Pages(SPEAKER)})
    with TestClient(Litestar([handler], state=state)) as client:
        headers = {"Accept-Language": header}
        if cookie:
            headers["Cookie"] = f"language={cookie}"
        assert client.get(f"/{query}", headers=headers).text == expected


@pytest.mark.parametrize(
    ("header", "languages", "expected"),
    [
        ("zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7", ("zh-Hant", "en"), "zh-Hant"),
        ("zh-TW,zh;q=0.9", ("zh-Hans", "zh-Hant"), "zh-Hant"),
        ("zh-CN,en;q=0.5", ("zh-Hant", "en"), "zh-Hant"),
        ("pt,en;q=0.5", ("en", "pt-BR"), "pt-BR"),
        ("pt-PT,en;q=0.5", ("en", "pt-BR"), "pt-BR"),
        ("pt-BR,pt;q=0.9", ("pt-PT", "pt-BR"), "pt-BR"),
        ("sr-Latn-RS,sr;q=0.9", ("sr", "sr-Latn"), "sr-Latn"),
        ("*, ,-,x-y-z", ("hi", "en"), "hi"),
    ],
)
def test_a_browser_names_a_language_by_its_country_and_a_centre_by_its_script(
    header: str, languages: tuple[str, ...], expected: str
) -> None:
    assert _browser_language(header, languages) == expected


def test_a_message_is_filled_in_for_every_language_at_once() -> None:
    place = Text(uk="метро, 5 хв", en="the metro, 5 min")
    assert SPEAKER.text("Please go to the shelter: %(shelter)s.", shelter=place) == Text(
        uk="Пройдіть, будь ласка, в укриття: метро, 5 хв.",
        en="Please go to the shelter: the metro, 5 min.",
    )
    assert SPEAKER.text("100 % of it") == Text(uk="100 % of it", en="100 % of it")


@pytest.mark.parametrize(
    ("languages", "shown"),
    [
        (("uk", "en", "mt"), ["Укр", "Eng", "Mal"]),
        (("ar", "fa", "hi", "en"), ["العربية", "فارسی", "हिन्दी", "Eng"]),
        (("he", "ka", "el", "vi", "zh"), ["עבר", "ქარ", "Ελλ", "Tiế", "中文"]),
        (("de", "de-CH", "fr"), ["Deutsch", "Deutsch (Schweiz)", "Fra"]),
    ],
)
def test_a_language_is_cut_short_only_where_a_part_of_its_name_says_which(
    languages: tuple[str, ...], shown: list[str]
) -> None:
    assert [*short_names(languages).values()] == shown
