"""Why a pod or task that is wanted has not been made: a loss not noticed yet, a quota, the others of its app."""

from __future__ import annotations

from workbench.engines.kubernetes.admission import AdmissionParameters
from workbench.engines.mesos.leader import LeaderParameters
from workbench.engines.mesos.slave_observer import ObserverParameters
from workbench.experiments.explain import Cause, Facts
from workbench.model.changes import as_wanted
from workbench.model.clock import NEVER, SECOND_US, to_seconds
from workbench.model.faults import OF_MEMBERS
from workbench.model.workload import App

AWAY = ("not-ready", "unreachable", "gone")
AT_ONCE_US = 10 * SECOND_US
"""A task of Mesos that is made so soon after its loss was noticed waited for that alone."""


def why_absent(facts: Facts) -> tuple[Cause, Cause]:
    """Return what keeps a task from being made, and what would change that."""
    if facts.since_us > facts.at_us:
        return Cause("not-wanted-yet", {"when_us": facts.since_us}), Cause("nothing")
    if facts.row["incarnation"] > 0:
        return _replacement(facts)
    app = app_as_wanted(facts)
    if app is not None and app.suspended:
        return Cause("suspended"), Cause("resume")
    if _refused_by_quota(facts):
        return Cause("quota"), Cause("quota-wider")
    if app is not None and app.parallelism is not None:
        return Cause("parallelism", {"most": app.parallelism}), Cause("more-parallel")
    if facts.row["kind"] == "stateful":
        return Cause("in-order", {"slot": facts.row["slot"]}), Cause("all-at-once")
    if any(
        (one.kind, one.app, one.at_us) == ("update", facts.row["app"], facts.since_us) for one in facts.scenario.changes
    ):
        return Cause("rollout"), Cause("further-ahead")
    return Cause("not-made"), Cause("nothing")


def app_as_wanted(facts: Facts) -> App | None:
    """Return the app of the task as it is wanted at the instant asked about; None if it is no app of the scenario."""
    app = next((one for one in facts.scenario.apps if one.name == facts.row["app"]), None)
    if app is None or app.kind != "batch":
        return app
    return as_wanted(app, facts.scenario.changes, facts.at_us)


def _replacement(facts: Facts) -> tuple[Cause, Cause]:
    """Return how long it took to notice the loss of the instance before, and what was waited for after that."""
    tasks = facts.trace["tasks"]
    columns = (tasks[name] for name in ("app", "slot", "incarnation", "task", "node"))
    mine = (facts.row["app"], facts.row["slot"])
    rows = ((life, task, on) for *key, life, task, on in zip(*columns, strict=True) if tuple(key) == mine)
    # Lives may be missing in between: what stopped before it was made leaves no row.
    former = [row for row in rows if row[0] < facts.row["incarnation"]]
    if not former:
        return Cause("not-made"), Cause("nothing")
    _, before, node = max(former)
    if not _went_down(facts, node):
        return Cause("stopped-before", {"before": before, "node": node}), _scheduler_away(facts)
    nodes = facts.trace["nodes"]
    seen = zip(*(nodes[name] for name in ("at_us", "node", "state", "seen_by")), strict=True)
    noticed = next(
        (at for at, one, state, by in seen
         if one == node and by != "world" and state in AWAY and facts.since_us <= at <= facts.at_us + 1_000_000),
        NEVER,
    )  # fmt: skip
    args = {"before": before, "node": node, "lost_us": facts.since_us, "noticed_us": noticed}
    if facts.row["kind"] == "stateful" and noticed != NEVER and _kept_waiting(facts, noticed):
        return Cause("noticed-bound" if facts.mesos else "tolerated", args), Cause("person-sooner")
    if not facts.mesos:
        stay_s = facts.scenario.settings.of(AdmissionParameters).default_toleration_s
        code = "unnoticed" if noticed == NEVER else "tolerated"
        return Cause(code, args), Cause("tolerate-shorter", {"stay_s": stay_s})
    pings = facts.scenario.settings.of(ObserverParameters)
    longest_s = (pings.max_agent_ping_timeouts + 1) * pings.agent_ping_timeout_s
    if noticed != NEVER and to_seconds(noticed - facts.since_us) > longest_s:
        return Cause("noticed", args), _master_away(facts)
    cure = {"count": pings.max_agent_ping_timeouts, "every_s": pings.agent_ping_timeout_s}
    return Cause("unnoticed" if noticed == NEVER else "noticed", args), Cause("ping-faster", cure)


def _kept_waiting(facts: Facts, noticed_us: int) -> bool:
    """Say whether a member with data was not made though its loss was known: its name, or its disk, is taken."""
    return not facts.mesos or facts.at_us - noticed_us > AT_ONCE_US


def _master_away(facts: Facts) -> Cause:
    """Return that a new master waits for the agents of the old one, if a master was lost at about the same time."""
    if any(fault.kind in OF_MEMBERS and fault.at_us <= facts.at_us for fault in facts.scenario.faults):
        return Cause("new-master", {"stay_s": facts.scenario.settings.of(LeaderParameters).agent_reregister_timeout_s})
    return Cause("nothing")


def _went_down(facts: Facts, node: str) -> bool:
    """Say whether the machine was lost when the instance before stopped, or already when that came to it."""
    nodes = facts.trace["nodes"]
    seen = zip(*(nodes[name] for name in ("at_us", "node", "state", "seen_by")), strict=True)
    states = [state for at, one, state, by in seen if one == node and by == "world" and at <= facts.since_us]
    return states[-1:] == ["down"]


def _scheduler_away(facts: Facts) -> Cause:
    """Return that the process which places tasks of this app was away, or the whole control plane, if they were."""
    for fault in facts.scenario.faults:
        if fault.kind in OF_MEMBERS and facts.since_us <= fault.at_us <= facts.at_us:
            return Cause("control-plane-away", {"lost_us": fault.at_us, "back_us": fault.back_us})
        gone = fault.kind == "scheduler-loss" and fault.hosting == facts.row["app"] and fault.at_us <= facts.at_us
        if gone and (fault.back_us is None or fault.back_us >= facts.since_us):
            return Cause("scheduler-away", {"lost_us": fault.at_us, "back_us": fault.back_us})
    return Cause("nothing")


def _refused_by_quota(facts: Facts) -> bool:
    events = facts.trace["events"]
    found = zip(*(events[name] for name in ("at_us", "kind", "subject", "reason")), strict=True)
    about = {facts.row["app"], facts.name}
    return any(
        at <= facts.at_us and kind == "FailedCreate" and reason == "exceeded-quota" and subject in about
        for at, kind, subject, reason in found
    )
