"""What the settings of a partner ask of the world: its time zones, locales and bank codes."""

from __future__ import annotations

from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

from portal.outside.bank import accounts


class KnownWorld:
    """The world of `rules.partners.settings`, as the registries on this machine know it."""

    def time_zone(self, text: str) -> bool:
        return text in available_timezones()

    def locale(self, text: str) -> bool:
        try:
            Locale.parse(text)
        except (ValueError, UnknownLocaleError):
            return False
        return True

    def iban(self, text: str) -> str | None:
        return accounts.iban(text)

    def bic(self, text: str) -> str | None:
        return accounts.bic(text)
