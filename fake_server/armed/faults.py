"""Armed misbehaviour: which requests go wrong, and how.

A request is compared with the faults in the order in which they were armed; the first that matches
and applies acts on it. Each fault counts its own matches, including those that another one took,
and draws from its own seed: its n-th match draws the same, whatever else is armed.

Armed faults and their counts are stored like jobs: a count before the response that it led to.
What a fault does to a connection is in ``web/fault_injection.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..http.header_matching import Headers
from ..http.matching import Body
from ..store.control_rows import ControlRows, FaultRow
from .fault import Fault, FaultHit, make, to_json


class Faults:
    """All faults of a fake, stored in ``rows``. ``live`` are those that can still act.

    What changes something raises ``NotStoredError``, and has then changed nothing.
    """

    def __init__(self, rows: ControlRows) -> None:
        """Raises what :func:`make` does on rows that another program has written."""
        self._rows = rows
        self.load()

    def load(self) -> None:
        """Take them from the store."""
        self._put([_fault(row) for row in self._rows.faults()])

    def refresh(self) -> None:
        """Have the counts of all processes. Embedded, they are known."""
        self._current(self.all)
        self._put(self.all)

    def _current(self, faults: list[Fault]) -> list[Fault]:
        """Those of the faults that there still are, with the counts of all processes."""
        counts = self._rows.fault_counts([fault.id for fault in faults])
        if counts is None:
            return faults
        found = [fault for fault in faults if fault.id in counts]
        for fault in found:
            fault.matched, fault.applied = counts[fault.id]
        return found

    def arm(self, terms: Mapping[str, Any]) -> Fault:
        """Arm what a body of ``armFault`` describes, checked against its schema."""
        fault = make(self._new_id(self.all), terms)
        self._add(fault)
        self._rows.transaction.then(lambda: self._put([*self.all, fault]))
        return fault

    def _new_id(self, faults: Iterable[Fault]) -> str:
        """An id that no fault has had, not even before a restart, and none of these has."""
        return f"f{1 + max(self._rows.last_position(), *map(_number, faults), 0)}"

    def _add(self, fault: Fault) -> None:
        """Store it, at a position from which the ids to come lie behind its own."""
        self._rows.add_fault(_row(fault), max(self._rows.last_position() + 1, _number(fault)))

    def replace(self, account: str | None, faults: list[Fault]) -> None:
        """Have these instead of those that name the account, or of all.

        An id that is taken is changed.
        """
        kept = self._others(account)
        with self._rows.transaction():
            self._rows.drop_faults(account)
            for fault in faults:
                if fault.id in {other.id for other in kept}:
                    fault.id = self._new_id([*kept, *faults])
                kept.append(fault)
                self._add(fault)
            self._rows.transaction.then(lambda: self._put(kept))

    def _others(self, account: str | None) -> list[Fault]:
        return [f for f in self.all if account is not None and f.match.account != account]

    def _put(self, faults: list[Fault]) -> None:
        self.all = faults
        self.live = [fault for fault in faults if not fault.used_up]

    def by_id(self, id: str) -> Fault | None:
        """The fault of that id."""
        return next((fault for fault in self.all if fault.id == id), None)

    def disarm(self, fault: Fault) -> None:
        """Forget one."""
        self._rows.drop_fault(fault.id)
        self._rows.transaction.then(lambda: self._put([f for f in self.all if f is not fault]))

    def clear(self, account: str | None) -> int:
        """Forget those that name the account, or all; how many there were."""
        gone = len(self.all) - len(self._others(account))
        self._rows.drop_faults(account)
        self._rows.transaction.then(lambda: self._put(self._others(account)))
        return gone

    def hit(
        self,
        account: str | None,
        operation: str | None,
        path: str,
        body: bytes = b"",
        headers: Headers = (),
    ) -> FaultHit | None:
        """The fault that acts on a request, if any; counts its matches."""
        content = Body(body)
        request = (account, operation, path, content, headers)
        matching = [fault for fault in self.live if fault.match.admits(*request)]
        if not matching:
            return None
        with self._rows.transaction.rows():
            return self._first(matching)

    def _first(self, matching: list[Fault]) -> FaultHit | None:
        """The first of the faults that applies; all of them count a match."""
        found: FaultHit | None = None
        matching = [fault for fault in self._current(matching) if not fault.used_up]
        for fault in matching:
            drawn = fault.draw(fault.matched + 1)
            if drawn is not None and found is None:
                found = FaultHit(fault, drawn)
        self._count_matches(matching, None if found is None else found.fault)
        return found

    def _count_matches(self, matching: list[Fault], acting: Fault | None) -> None:
        counts = [(f.matched + 1, f.applied + (f is acting), f.id) for f in matching]
        self._rows.count_faults(counts)
        self._rows.transaction.then(lambda: self._counted(matching, counts))

    def _counted(self, matching: list[Fault], counts: list[tuple[int, int, str]]) -> None:
        for fault, (matched, applied, _) in zip(matching, counts, strict=True):
            fault.matched, fault.applied = matched, applied
        self.live = [fault for fault in self.live if not fault.used_up]


#: The ids given here, and their numbers.
_GIVEN = re.compile("f([0-9]{1,15})")


def _number(fault: Fault) -> int:
    found = _GIVEN.fullmatch(fault.id)
    return 0 if found is None else int(found[1])


#: What a fault's row has beside its terms.
_APART = ("id", "matched", "applied")


def _row(fault: Fault) -> FaultRow:
    terms = {key: value for key, value in to_json(fault).items() if key not in _APART}
    return FaultRow(fault.id, fault.match.account, terms, fault.matched, fault.applied)


def _fault(row: FaultRow) -> Fault:
    return make(row.id, row.terms | {"matched": row.matched, "applied": row.applied})
