"""What every Kubernetes object has: metadata, owners, selectors.

Source: kubernetes/apimachinery, pkg/apis/meta/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

Labels = Mapping[str, str]
"""Label or annotation name -> value."""

IntOrString = int | str
"""A number, or a percentage such as ``"25%"``."""


class KubeStruct(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of all Kubernetes types; attribute names are upstream's JSON names in snake case.

    A default here is the default of the API. None means that the field is unset and has no such default.
    """

    UNMODELLED: ClassVar[frozenset[str]] = frozenset()
    """JSON names of fields that exist upstream and change nothing in any model."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset()
    """JSON names of fields that a server fills in."""

    KEYS_ONLY: ClassVar[frozenset[str]] = frozenset()
    """JSON names of fields whose values are dropped when read: only what they are called is kept."""

    ONE_FIELD: ClassVar[bool] = False
    """Whether receipts name it as a whole, not field by field."""


class OwnerReference(KubeStruct, frozen=True, kw_only=True):
    """Who made an object and is responsible for it."""

    ONE_FIELD: ClassVar[bool] = True

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False
    block_owner_deletion: bool = False


class ObjectMeta(KubeStruct, frozen=True, kw_only=True):
    """Name, namespace, labels, owners. Times are RFC 3339 texts.

    Values of annotations are kept only where a model reads them, see `workbench.formats.kubernetes_manifest`.
    """

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"finalizers", "clusterName", "initializers"})
    SERVER_MADE: ClassVar[frozenset[str]] = frozenset(
        {
            "resourceVersion",
            "selfLink",
            "managedFields",
            "generation",
            "uid",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "ownerReferences",
            "generateName",
        }
    )

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    labels: Labels = msgspec.field(default_factory=dict)
    annotations: Labels = msgspec.field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] = ()
    uid: str = ""
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    deletion_grace_period_seconds: int | None = None

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that manages this object, if it has one."""
        return next((owner for owner in self.owner_references if owner.controller), None)


class KubeObject(KubeStruct, frozen=True, kw_only=True):
    """Base of everything that can stand alone in a manifest."""

    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta = ObjectMeta()

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """The object's namespace; empty for objects of the whole cluster."""
        return self.metadata.namespace


class LabelSelectorRequirement(KubeStruct, frozen=True, kw_only=True):
    """One expression about a label: operator In, NotIn, Exists or DoesNotExist."""

    ONE_FIELD: ClassVar[bool] = True

    key: str
    operator: str
    values: tuple[str, ...] = ()


class LabelSelector(KubeStruct, frozen=True, kw_only=True):
    """All of these must hold. An empty selector matches everything, an absent one (None) nothing."""

    match_labels: Labels = msgspec.field(default_factory=dict)
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()


class LocalObjectReference(KubeStruct, frozen=True, kw_only=True):
    """The name of something in the same namespace."""

    name: str = ""


class ObjectReference(KubeStruct, frozen=True, kw_only=True):
    """Names another object."""

    ONE_FIELD: ClassVar[bool] = True

    api_version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    field_path: str = ""


class Condition(KubeStruct, frozen=True, kw_only=True):
    """One line of a status: type, status (True, False, Unknown), reason, times."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"message", "observedGeneration"})
    ONE_FIELD: ClassVar[bool] = True

    type: str
    status: str
    reason: str = ""
    last_transition_time: str | None = None
    last_probe_time: str | None = None
    last_heartbeat_time: str | None = None
    last_update_time: str | None = None


Opaque = Any
"""A part that is kept as plain values because no model looks inside."""
