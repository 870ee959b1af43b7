"""How a fault is told: in two words, in a sentence, and what it strikes."""

from __future__ import annotations

from workbench.model.faults import OF_MACHINES, Fault
from workbench.views.i18n import Texts


def in_short(t: Texts, fault: Fault) -> str:
    """Return a fault as a label on a line of time."""
    if fault.machines is not None:
        count = f"{fault.machines:,}"
        lost = fault.kind != "network-partition"
        return t("{count} machines lost", count=count) if lost else t("{count} machines cut off", count=count)
    if fault.zone:
        words = {"network-partition": t("zone cut off"), "agent-restart": t("agents away")}
        return words.get(fault.kind, t("zone lost"))
    match fault.kind:
        case "scheduler-loss":
            return t("process lost")
        case "network-partition":
            return t("machine cut off")
        case "agent-restart":
            return t("agent away")
        case "control-plane-loss":
            return t("leader lost")
        case "quorum-loss":
            return t("quorum lost")
        case "provisioning-fails":
            return t("no new volumes")
        case "node-shutdown":
            return t("machine shut down")
    return t("machine lost")


def told(t: Texts, fault: Fault, time: str) -> str:
    """Return a fault as a sentence of a scenario in short; `time` is when, in words."""
    if fault.machines is not None:
        count = f"{fault.machines:,}"
        if fault.kind != "network-partition":
            return t(
                "{count} machines, from zone {zone} on, are lost at {time}", count=count, zone=fault.zone, time=time
            )
        return t(
            "{count} machines, from zone {zone} on, are cut off at {time}", count=count, zone=fault.zone, time=time
        )
    if fault.zone:
        if fault.kind == "agent-restart":
            return t("the agents of zone {zone} stop at {time}", zone=fault.zone, time=time)
        if fault.kind != "network-partition":
            return t("zone {zone} is lost at {time}", zone=fault.zone, time=time)
        return t("zone {zone} is cut off at {time}", zone=fault.zone, time=time)
    if fault.kind in OF_MACHINES:
        return _of_machine(t, fault, time)
    match fault.kind:
        case "scheduler-loss":
            return t("the scheduler of {app} stops at {time}", app=fault.hosting, time=time)
        case "control-plane-loss":
            return t("the leader of the control plane is lost at {time}", time=time)
        case "provisioning-fails":
            return t("no new volumes are made from {time} on", time=time)
    return t("the control plane loses its quorum at {time}", time=time)


def _of_machine(t: Texts, fault: Fault, time: str) -> str:
    match fault.kind:
        case "network-partition":
            return t("a machine is cut off at {time}", time=time)
        case "agent-restart":
            return t("the agent of a machine stops at {time}", time=time)
        case "node-shutdown":
            return t("a machine is shut down at {time}", time=time)
    return t("a machine is lost at {time}", time=time)


def ahead(t: Texts, fault: Fault, time: str) -> str:
    """Return the sentence that stands where a finding will be, just before the fault."""
    if fault.machines is not None:
        count = f"{fault.machines:,}"
        return t(
            "Paused at {time}: in a moment {count} machines fall silent. What happens then?", time=time, count=count
        )
    if fault.zone and fault.kind == "agent-restart":
        return t(
            "Paused at {time}: in a moment the agents of zone {zone} stop. What happens then?",
            time=time,
            zone=fault.zone,
        )
    if fault.zone and fault.kind != "network-partition":
        return t("Paused at {time}: in a moment zone {zone} is lost. What happens then?", time=time, zone=fault.zone)
    if fault.zone:
        return t("Paused at {time}: in a moment zone {zone} is cut off. What happens then?", time=time, zone=fault.zone)
    match fault.kind:
        case "scheduler-loss":
            return t("Paused at {time}: in a moment the process that places tasks is killed. What then?", time=time)
        case "network-partition":
            return t("Paused at {time}: in a moment a machine is cut off. What happens then?", time=time)
        case "agent-restart":
            return t("Paused at {time}: in a moment a machine's agent stops. What happens then?", time=time)
        case "control-plane-loss":
            return t("Paused at {time}: in a moment the leader of the control plane is lost. What then?", time=time)
        case "quorum-loss":
            return t("Paused at {time}: in a moment the control plane loses its quorum. What then?", time=time)
        case "provisioning-fails":
            return t("Paused at {time}: in a moment no new volumes are made. What happens then?", time=time)
        case "node-shutdown":
            return t("Paused at {time}: in a moment a machine is shut down. What happens then?", time=time)
    return t("Paused at {time}: in a moment a machine is lost. What happens then?", time=time)


def struck(t: Texts, fault: Fault) -> str:
    """Return what a fault strikes."""
    match fault.kind:
        case "scheduler-loss":
            return t("the scheduler of {app}", app=fault.hosting)
        case "control-plane-loss":
            return t("the leading member")
        case "quorum-loss":
            return t("most members")
        case "provisioning-fails":
            return t("the storage service")
    if fault.machines is not None:
        return t("{count} machines, from zone {zone} on", count=f"{fault.machines:,}", zone=fault.zone)
    if fault.zone:
        return t("all machines of zone {zone}", zone=fault.zone)
    return fault.node or t("the machine with the most of {app}", app=fault.hosting)
