"""Mesos-style two-level scheduling: the master offers what is free, frameworks pick work for it.

| A reader asks | and opens |
|---|---|
| How is it put together? | `control_plane.py` |
| Which framework runs which app? | `workloads.py`; one that came as Marathon JSON: `native_apps.py` |
| What becomes of a field of my file? | `treatments.py` |
| When are resources offered? | `rounds.py`, `candidates.py` |
| What may be asked of the allocator? | `allocator.py` and `allocator_*.py` beside it |
| Who holds how much? | `shares.py` |
| To whom, and how much? | `allocation.py`; fast: `fast_allocation.py` |
| What does the allocator know of agents and frameworks? | `books.py` |
| What does it tell operators? | `metrics.py` |
| Which agents may a framework be offered at all? | `capabilities.py`, `offer_constraints.py` |
| How is an agent taken out of use, or emptied? | `draining.py` |
| What if an agent will be away for maintenance? | `maintenance.py`, `inverse_offers.py` |
| How does an agent join, or leave for good? | `agent_fleet.py` |
| When are offers made again after a master's failover? | `recovery.py` |
| Who is next? | `sorters/` |
| How may roles be named? | `role_names.py` |
| What are quota, guarantee and limit? | `roles.py` |
| What is an offer, and what hides one? Which are out? | `offers.py`; `outstanding_offers.py` |
| What can be done with an offer? | `operations.py`, `task_group.py` |
| How are amounts counted, and cut to a size? | `resources.py`, `values.py`; `cutting.py` |
| What does an agent advertise? How are flags read? | `flags.py` |
| What sets resources of one name apart? | `kinds.py` |
| What do RESERVE and CREATE make of resources? | `conversions.py` |
| What does the master do with answers and news of tasks? | `master.py` |
| What does the master know of tasks, and whom does it tell? | `task_books.py`, `tasks.py` |
| When is a dead agent noticed? | `slave_observer.py` |
| How do agents come back, and what becomes of their tasks? | `registration.py`, `attempts.py` |
| What if only the agent's process stops? | `agent_restart.py`, `agent_recovery.py` |
| Who leads when a master is lost? What outlives it? | `leader.py`, `registry.py` |
| How does news of a task get through? | `status_updates.py`, `reconciliation.py` |
| What happens when a framework is lost? | `framework_failover.py` |
| What happens when a quota is set? | `quota_handler.py` |
| What happens on a machine? | `agent.py` |
| How do frameworks decide? Which of them runs which batch app? | `frameworks/`, `batch_frameworks.py` |
| Which apps have a framework of their own? | `service_frameworks.py` |
| Who gets the traffic? | `discovery.py` |
"""

from __future__ import annotations

from typing import Any

from workbench.engines.mesos.agent import AgentParameters
from workbench.engines.mesos.agent_recovery import AgentRecoveryParameters
from workbench.engines.mesos.allocator_options import AllocatorParameters
from workbench.engines.mesos.control_plane import Mesos
from workbench.engines.mesos.discovery import DiscoveryParameters
from workbench.engines.mesos.disk_isolator import DiskIsolatorParameters
from workbench.engines.mesos.frameworks.base import FrameworkParameters
from workbench.engines.mesos.frameworks.batch import BatchParameters
from workbench.engines.mesos.frameworks.chronos import ChronosParameters
from workbench.engines.mesos.frameworks.hadoop import HadoopParameters
from workbench.engines.mesos.frameworks.kafka import KafkaParameters
from workbench.engines.mesos.frameworks.marathon import MarathonParameters
from workbench.engines.mesos.frameworks.marathon_autoscale import MarathonAutoscaleParameters
from workbench.engines.mesos.frameworks.marathon_lb_autoscale import MarathonLbAutoscaleParameters
from workbench.engines.mesos.frameworks.mpi import MpiParameters
from workbench.engines.mesos.frameworks.sdk import SdkParameters
from workbench.engines.mesos.frameworks.spark import SparkOnMesosParameters
from workbench.engines.mesos.leader import LeaderParameters
from workbench.engines.mesos.master import MasterParameters
from workbench.engines.mesos.offers import OfferParameters
from workbench.engines.mesos.recovery import RecoveryParameters
from workbench.engines.mesos.registry import RegistryParameters
from workbench.engines.mesos.roles import RoleParameters
from workbench.engines.mesos.sandboxes import SandboxParameters
from workbench.engines.mesos.slave_observer import ObserverParameters
from workbench.engines.mesos.treatments import TREATMENTS
from workbench.engines.mesos.workloads import WorkloadParameters

PARAMETERS: tuple[type[Any], ...] = (
    AllocatorParameters,
    OfferParameters,
    RoleParameters,
    MasterParameters,
    ObserverParameters,
    LeaderParameters,
    RecoveryParameters,
    RegistryParameters,
    AgentParameters,
    AgentRecoveryParameters,
    SandboxParameters,
    DiskIsolatorParameters,
    FrameworkParameters,
    MarathonParameters,
    MarathonAutoscaleParameters,
    MarathonLbAutoscaleParameters,
    BatchParameters,
    SparkOnMesosParameters,
    MpiParameters,
    ChronosParameters,
    HadoopParameters,
    SdkParameters,
    KafkaParameters,
    DiscoveryParameters,
    WorkloadParameters,
)
"""The classes that declare the adjustable numbers of this control plane."""

__all__ = ["PARAMETERS", "TREATMENTS", "Mesos"]
