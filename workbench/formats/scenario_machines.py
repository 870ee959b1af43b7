"""The machines of a scenario file: pools of equal ones, what keeps work away from them, and what is set aside."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.formats.scenario_types import (
    MOST_NODES,
    Amounts,
    Duration,
    Labels,
    Name,
    Number,
    Part,
    Switch,
    Text,
    Whole,
    Within,
    Word,
)


class Taint(Part):
    """Keeps work away from machines unless the work tolerates it."""

    key: Word = Field(description="name of the taint")
    value: Text = Field("", description="value of the taint")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = Field(
        "NoSchedule", description="NoSchedule refuses new work, PreferNoSchedule avoids it, NoExecute also evicts"
    )


class ReservedPart(Part):
    """What is set aside on machines for one team: a static reservation of Mesos agents."""

    name: Name = Field(description="the team")
    amounts: Amounts = Field(description="how much of each machine, e.g. {cpu: 14, memory: 14Gi}")
    machines: Annotated[Whole, Within(0, MOST_NODES)] | None = Field(
        None, description="on so many machines, the first of the pool; on all if left out"
    )


class AutoscalePart(Part):
    """A pool whose size follows what waits for machines: Kubernetes' Cluster Autoscaler; Mesos has no counterpart."""

    least: Annotated[Whole, Within(0, MOST_NODES)] = Field(0, description="machines, at least")
    most: Annotated[Whole, Within(1, MOST_NODES)] = Field(description="machines, at most")
    fixed: Annotated[Whole, Within(0, MOST_NODES)] | None = Field(
        None,
        description="machines from the start where the control plane has nobody to order any; the pool's `count` if "
        "left out",
    )


class OutOfStockPart(Part):
    """A time in which no machine of a pool can be had. Machines that are there already stay."""

    from_: Duration = Field("0s", validate_default=True, alias="from", description="no order is met from then on")
    until: Duration = Field(description="when there are machines again; no such time if it is not after `from`")
    told: Switch = Field(
        True,
        description="whether an order is refused at once; if not it stays open until there are machines again, or "
        "until whoever ordered gives it up",
    )


class Pool(Part):
    """Machines of one kind."""

    name: Name = Field(description="machines are called after it: node-0, node-1, ...")
    count: Annotated[Whole, Within(0, MOST_NODES)] = Field(1, description="how many machines")
    capacity: Amounts = Field(description="what work may use of one machine, e.g. {cpu: 4, memory: 16Gi}")
    labels: Labels = Field({}, description="labels of the nodes, attributes of the agents")
    taints: tuple[Taint, ...] = Field((), description="what keeps work away")
    zones: tuple[Name, ...] = Field((), description="failure domains, dealt out to the machines in turn")
    racks: tuple[Name, ...] = Field(
        (), description="failure domains inside each zone, dealt out to the machines of a zone in turn"
    )
    reserved: tuple[ReservedPart, ...] = Field(
        (), description="what is set aside for teams from the start; Kubernetes has no counterpart"
    )
    boot: Duration = Field(
        "2m", validate_default=True, description="from ordering one more machine to its agent running there"
    )
    price: Annotated[Number, Within(0, 1e6)] | None = Field(
        None, description="what a machine costs an hour, for those who choose among kinds; its cores if left out"
    )
    autoscale: AutoscalePart | None = Field(None, description="a size that follows what waits; fixed if left out")
    out_of_stock: OutOfStockPart | None = Field(
        None, description="when no further machine can be had; at any time as many as are ordered if left out"
    )


class ClusterPart(Part):
    """The machines."""

    pools: tuple[Pool, ...] = Field(min_length=1, description="pools of equal machines, in order")
