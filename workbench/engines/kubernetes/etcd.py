"""Members of the control plane are lost: what the API server can still do, and who decides.

A member is an etcd, an API server, a kube-scheduler and a controller manager. While a majority of the etcds is there
they elect another leader within a second or two; until then no write is stored. The API servers are all alike; what a
lost one was asked is asked again of another. The leases of scheduler and controller manager take longer
(`leader_election.py`). Without a majority nothing is stored and nothing decided until there is one again; kubelets
and what they run go on, and etcd has forgotten nothing.

Source: etcd documentation (heartbeat 100 ms, election timeout 1000 ms; randomised up to twice that); kubernetes
documentation, "Operating etcd clusters".
Left out: reads served from an API server's cache without a majority; where kubelets and clients are connected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.engines.agenda import Order
from workbench.engines.kubernetes.api_server import ApiServer
from workbench.engines.kubernetes.leader_election import LeaderElection
from workbench.engines.members import Members
from workbench.model.clock import NEVER, SECOND_US
from workbench.model.parameters import param, parameters

ELECTION_TIMEOUT_US = SECOND_US


@parameters("kubernetes.control_plane")
@dataclass(frozen=True)
class ControlPlaneParameters:
    """How many members there are."""

    members: int = param(
        3, unit="members", low=1, high=7, help="members of the control plane: etcd, API server, scheduler, controllers",
        source="kubernetes documentation, high availability: three or more", shown_in="master-lost",
    )  # fmt: skip


class Etcd:
    """The members of the control plane.

    Parameters
    ----------
    elections : sequence of LeaderElection
        The leases that members compete for.
    """

    def __init__(self, api: ApiServer, elections: Sequence[LeaderElection]) -> None:
        self._world = api.world
        self._api = api
        self._elections = elections
        self._members = Members(api.world.settings.of(ControlPlaneParameters).members)
        self._draws = api.world.streams.stream("kubernetes/etcd/election")
        self._since_us = NEVER  # since when the API server has not answered
        self._terms = 0

    def members_lost(self, *, majority: bool) -> None:
        """Members stop, now, the leaders among them."""
        self._members.lose(majority=majority)
        if self._api.answers:
            self._since_us = self._world.now_us
            self._api.answers = False
            reason = "etcd-no-leader" if self._members.suffice else "etcd-no-quorum"
            self._world.event("api-server-silent", "kube-apiserver", reason)
        for election in self._elections:
            election.unanswered()
        self._elect()

    def members_back(self, *, majority: bool) -> None:
        """Members run again, now."""
        self._members.return_(majority=majority)
        if not self._api.answers:
            self._elect()

    def _elect(self) -> None:
        """Elect a leader of etcd, if there is a majority to do so."""
        self._terms += 1
        if self._members.suffice:
            after = ELECTION_TIMEOUT_US + self._draws.randrange(ELECTION_TIMEOUT_US)
            self._world.agenda.after(after, Order.CONTROLLER, self._elected, self._terms)

    def _elected(self, term: int) -> None:
        if term != self._terms:
            return
        self._world.event("etcd-leader-elected", "etcd", "election-timeout")
        self._api.answer_again()
        for election in self._elections:
            election.answered(self._since_us)
