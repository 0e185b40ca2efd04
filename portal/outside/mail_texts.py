"""Mail texts from `templates/emails/`: NAME.txt, whose first line is the subject, and NAME.html."""

from __future__ import annotations

import functools

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound

from portal.config import ROOT
from portal.outside import languages
from portal.rules.outbox import check_header

SUBJECT = "Subject:"
_FOLDER = ROOT / "templates"


def render(name: str, /, **values: object) -> tuple[str, str, str]:
    """Subject, text and HTML of the mail called `name` (HTML is "" for a mail without it).

    `values` are escaped in the HTML and put into the text as they are. A value that is missing raises
    jinja2.UndefinedError; one that would break out of the subject line raises Invalid (SEC47).
    """
    plain = _plain().get_template(f"emails/{name}.txt").render(values)
    first, _, text = plain.partition("\n\n")
    if not first.startswith(SUBJECT):
        raise ValueError(f"templates/emails/{name}.txt must begin with a line “{SUBJECT} …” and an empty one")
    subject = first.removeprefix(SUBJECT).strip()
    check_header("subject", subject, 300)
    try:
        html = _rich().get_template(f"emails/{name}.html").render(values, mail_subject=subject)
    except TemplateNotFound as error:
        if error.name != f"emails/{name}.html":
            raise
        html = ""
    return subject, text.strip() + "\n", html


@functools.cache
def _plain() -> Environment:
    # Plain text: there is nothing to escape.
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    languages.add_to(environment)
    return environment


@functools.cache
def _rich() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    languages.add_to(environment)
    environment.policies["ext.i18n.trimmed"] = True
    return environment
