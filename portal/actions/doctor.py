"""Looking the whole installation over: what must always be true of the data, and whether it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.db import doctor
from portal.db.doctor import installation
from portal.db.engine import snapshot
from portal.rules.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must hold, and sentences about what breaks it."""

    claim: Sentence
    problems: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Examination:
    """What was checked, and what is worth knowing besides."""

    findings: tuple[Finding, ...]
    warnings: tuple[Sentence, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is broken."""
        return not any(finding.problems for finding in self.findings)


def _unwatched(_claim: Sentence) -> None:
    """For an examination that nobody watches."""


@snapshot
def examine(watch: Callable[[Sentence], None] = _unwatched) -> Examination:
    """Carry out every check on one picture of the database. `watch` is told each claim before it is looked at.

    With another schema than ours nothing else can be checked.
    """
    findings = []
    for check in doctor.checks():
        watch(check.claim)
        findings.append(Finding(check.claim, tuple(check.find())))
        if findings[0].problems:
            break
    return Examination(tuple(findings), tuple(installation.warnings()))
