"""Every word on a screen comes through gettext, in templates, scripts and stylesheets alike."""

import pytest

from tests.web.outside import in_script, in_stylesheet, in_template, outside


def test_no_text_stands_outside_gettext() -> None:
    assert outside() == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("<p>Take a ticket</p>", "Take a ticket"),
        ("<p>{{ name }} чекає</p>", "чекає"),
        ('<p>{{ _("Next") }}</p><p>Next</p>', "Next"),
        ('<button aria-label="Close">×</button>', "Close"),
        ('<input placeholder="{{ _("Find") }} послугу">', "послугу"),
        ('{{ "Нікого немає" if not queue else "" }}', "Нікого немає"),
        ('{{ both(_("Please come in"), "Please come in") }}', "Please come in"),
        ('{% set words = {"open": "At work"} %}', "At work"),
        ('{{ parts.notice("warning", "The desk is closed.") }}', "The desk is closed."),
    ],
)
def test_a_text_in_a_template_is_found(planted: str, found: str) -> None:
    assert [one.text for one in in_template(planted)] == [found]


@pytest.mark.parametrize(
    "clean",
    [
        '<p>{{ _("Take a ticket") }} <kbd>Space</kbd></p>',
        '{{ say("Nobody is waiting") }}{{ both(ptext("board", "Next")) }}',
        '{{ parts.text_field("name", _("Name and surname"), autocomplete="name") }}',
        '{% set body_class = "board board-" ~ grid %}{% block main_class %}page wide{% endblock %}',
        '{# Who is next #}<script type="module" src="a.js"></script><p>{{ ticket.number }}</p>',
    ],
)
def test_markup_and_what_gettext_says_are_no_finding(clean: str) -> None:
    assert list(in_template(clean)) == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ('put(node, "No connection");', "No connection"),
        ("const unit = 'хв';", "хв"),
        ("node.textContent = `Вікно ${desk}`;", "Вікно 0"),
        ('el("p", { text: "next" });', "next"),
        ('tell(`${t.done} ${late ? "You are late" : ""}`);', "You are late"),
        ("const found = /[а-я]+/.test(text) ? 'Знайдено' : '';", "Знайдено"),
    ],
)
def test_a_text_in_a_script_is_found(planted: str, found: str) -> None:
    assert found in [one.text for one in in_script(planted)]


@pytest.mark.parametrize(
    "clean",
    [
        "// Нікого немає\nsay(node, (t) => t.nobody); /* Nobody is here */",
        'el("li", { class: "tag tag-booked", text: fill(t.booked, { time }) });',
        'root.querySelector("[data-slot=why] span");',
        'if (event.key === "Enter") send();',
        "const ending = /(ість|остей)$/;",
    ],
)
def test_what_a_script_calls_things_is_no_finding(clean: str) -> None:
    assert list(in_script(clean)) == []


def test_a_text_in_a_stylesheet_is_found() -> None:
    planted = '/* content: "Note" */ .a::before { content: "→"; }\n.b::after { content: "Нове"; }'
    assert [(one.line, one.text) for one in in_stylesheet(planted)] == [(2, '"Нове"')]
