"""Who may do what: Role, ClusterRole and their bindings. Read so that nothing of a file is lost.

Source: kubernetes/api, rbac/v1/types.go.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from workbench.model.native.kubernetes.meta import KubeObject, KubeStruct


class PolicyRule(KubeStruct, frozen=True, kw_only=True):
    """Verbs on resources, or on paths of the API."""

    ONE_FIELD: ClassVar[bool] = True

    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = msgspec.field(default=(), name="nonResourceURLs")


class Role(KubeObject, frozen=True, kw_only=True):
    """Rights within a namespace."""

    api_version: str = "rbac.authorization.k8s.io/v1"
    kind: str = "Role"
    rules: tuple[PolicyRule, ...] = ()


class ClusterRole(KubeObject, frozen=True, kw_only=True):
    """Rights in the whole cluster."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"aggregationRule"})

    api_version: str = "rbac.authorization.k8s.io/v1"
    kind: str = "ClusterRole"
    rules: tuple[PolicyRule, ...] = ()


class Subject(KubeStruct, frozen=True, kw_only=True):
    """A user, group or service account."""

    ONE_FIELD: ClassVar[bool] = True

    kind: str = ""
    name: str = ""
    namespace: str = ""
    api_group: str = ""


class RoleRef(KubeStruct, frozen=True, kw_only=True):
    """The role that is given."""

    ONE_FIELD: ClassVar[bool] = True

    kind: str = ""
    name: str = ""
    api_group: str = ""


class RoleBinding(KubeObject, frozen=True, kw_only=True):
    """Gives a role to subjects within a namespace."""

    api_version: str = "rbac.authorization.k8s.io/v1"
    kind: str = "RoleBinding"
    subjects: tuple[Subject, ...] = ()
    role_ref: RoleRef = RoleRef()


class ClusterRoleBinding(KubeObject, frozen=True, kw_only=True):
    """Gives a role to subjects in the whole cluster."""

    api_version: str = "rbac.authorization.k8s.io/v1"
    kind: str = "ClusterRoleBinding"
    subjects: tuple[Subject, ...] = ()
    role_ref: RoleRef = RoleRef()
