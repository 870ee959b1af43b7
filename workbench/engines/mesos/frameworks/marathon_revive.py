"""When Marathon asks for offers, and when it asks for none.

It revives when an instance is newly waiting to be launched (or may be launched at last), and suppresses offers when
none waits: the answer to an offer is always no then. Neither more often than every `min_revive_interval_s`; what
changes in between is looked at when the time is up.

Told not to revive (`--disable_revive_offers_for_new_apps`; before 0.10 it could not) it does neither: it is offered
whatever its own refusals do not hide, and waits until they end.

Source: mesosphere/marathon core/launchqueue/impl/ReviveOffersStreamLogic.scala, ReviveOffersConfig.scala; for the flag
core/flow/FlowModule.scala (1.4: the reviver, which also suppresses, is started only with it) and changelog.md, 0.11.
Left out: the repetition of a revive in case it was lost, which cannot happen here.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.engines.agenda import Agenda, Order


class OfferReviver:
    """Sends revive and suppress for one Marathon.

    Parameters
    ----------
    interval_us : int
        The least time between two of them.
    wanted : callable
        Says whether an instance waits that may be launched now.
    revive, suppress : callable
        Send the one or the other.
    enabled : bool
        Whether it ever does.
    """

    def __init__(
        self,
        agenda: Agenda,
        interval_us: int,
        wanted: Callable[[], bool],
        revive: Callable[[], None],
        suppress: Callable[[], None],
        *,
        enabled: bool = True,
    ) -> None:
        self._agenda = agenda
        self._interval_us = interval_us
        self._wanted = wanted
        self._revive = revive
        self._suppress = suppress
        self._next_us = 0
        self._planned = False
        self._enabled = enabled
        self.receiving = not enabled
        self._more = False

    def changed(self, *, more: bool = False) -> None:
        """Note that what waits has changed; `more` says that something waits that did not before."""
        self._more = self._more or more
        if self._enabled and not self._planned and (self._more or self.receiving):
            self._planned = True
            self._agenda.at(max(self._next_us, self._agenda.now_us), Order.FRAMEWORK, self._look)

    def _look(self) -> None:
        self._planned = False
        wanted = self._wanted()
        if wanted and (self._more or not self.receiving):
            self._send(self._revive, receiving=True)
        elif not wanted and self.receiving:
            self._send(self._suppress, receiving=False)
        self._more = False

    def _send(self, what: Callable[[], None], *, receiving: bool) -> None:
        self.receiving = receiving
        self._next_us = self._agenda.now_us + self._interval_us
        what()
