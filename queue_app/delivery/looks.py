"""The looks of messages. An operator's own templates go before these, by name.

Of a message of the kind `moved`, `moved.txt` goes before `letter.txt`, `moved.html` before
`letter.html` and `moved.sms.txt` before `sms.txt`; each of them in the operator's folder first.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from queue_app.domain.catalogue import Language
from queue_app.texts.formats import direction
from queue_app.texts.words import words

Form = Literal["letter.txt", "letter.html", "sms.txt"]
FORMS: tuple[Form, ...] = get_args(Form)
FOLDER = "messages"
"""Beside the centre's files: what the operator says otherwise."""
OWN = Path(__file__).parent / "templates"


class _Folders:
    own: tuple[Path, ...] = (OWN,)


def also_from(folder: Path) -> None:
    """From now on this folder's templates go before ours."""
    _Folders.own = (folder, OWN) if folder.is_dir() else (OWN,)
    _environment.cache_clear()


def names(kind: str, form: Form) -> list[str]:
    """The templates of which the first that is there is taken."""
    own = f"{kind}.{form}" if form == "sms.txt" else f"{kind}.{form.rpartition('.')[2]}"
    return [own, form]


def filled(kind: str, form: Form, language: Language, context: Mapping[str, Any]) -> str:
    """The template with these values; a jinja2.TemplateError where it cannot be."""
    template = _environment(language).select_template(names(kind, form))
    return template.render(language=language, direction=direction(language), **context).strip()


@cache
def _environment(language: Language) -> SandboxedEnvironment:
    made = SandboxedEnvironment(
        loader=FileSystemLoader(_Folders.own),
        autoescape=lambda name: bool(name and name.endswith(".html")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    spoken = words(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        spoken.gettext,
        spoken.ngettext,
        newstyle=True,
        pgettext=spoken.pgettext,
        npgettext=spoken.npgettext,
    )
    return made
