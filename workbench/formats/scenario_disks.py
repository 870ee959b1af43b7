"""The disks of a stateful app as a scenario file describes them, and the data that lies on them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.formats.scenario_types import Amount, Part, Switch, Whole, Within


class VolumePart(Part):
    """The disk of each instance of a stateful app."""

    size: Amount = Field(description="bytes, e.g. 20Gi")
    reach: Literal["network", "local"] = Field(
        "network", description="network: follows its task to another machine; local: stays on the machine"
    )
    zonal: Switch = Field(False, description="on the network, but only machines of the zone where it was made reach it")
    binding: Literal["", "Immediate", "WaitForFirstConsumer"] = Field(
        "",
        description="when Kubernetes makes it: with its claim, or once its pod has a node; "
        "left out: as kubernetes.storage.volume_binding_mode says, if it is zonal",
    )


class DataPart(Part):
    """The data of a stateful app whose instances are the members of one cluster."""

    size: Amount = Field(description="bytes that one member holds, e.g. 20Gi")
    shape: Literal["ensemble", "ring", "log", "primary"] = Field(
        "ensemble",
        description="ensemble: every member holds all, writes need a majority (ZooKeeper, etcd); ring: parts with "
        "copies each, writes need a majority of them (Cassandra); log: the same, but only copies that miss nothing may "
        "lead (Kafka); primary: one takes the writes, the others follow (a SQL database)",
    )
    copies: Annotated[Whole, Within(1, 100)] | None = Field(
        None, description="ring and log: members that hold a copy of each part; 3 if left out"
    )
    writes: Amount = Field("0", validate_default=True, description="bytes that clients write per second, e.g. 1M")
