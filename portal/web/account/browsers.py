"""What people call their browser, from what the browser calls itself."""

from __future__ import annotations

from portal.rules.sentences import NOTHING, Sentence, say, verbatim

_BROWSERS = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""In this order: most of them also claim to be those further down."""

_SYSTEMS = (
    ("iPhone", say("an iPhone")),
    ("iPad", say("an iPad")),
    ("Android", verbatim("Android")),
    ("Windows", verbatim("Windows")),
    ("Mac OS X", say("a Mac")),
    ("CrOS", say("a Chromebook")),
    ("Linux", verbatim("Linux")),
)


def describe(user_agent: str) -> Sentence:
    """ "Firefox on Linux", or what can be said of it."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), NOTHING)
    if browser and system:
        return say("{browser} on {system}", browser=browser, system=system)
    if system:
        return say("A browser on {system}", system=system)
    return verbatim(browser) if browser else say("An unknown program")
