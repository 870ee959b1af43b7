"""Ingress and NetworkPolicy: read so that nothing of a file is lost; no model moves packets.

Source: kubernetes/api, networking/v1/types.go.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from workbench.model.native.kubernetes.meta import IntOrString, KubeObject, KubeStruct, LabelSelector, Opaque


class ServiceBackendPort(KubeStruct, frozen=True, kw_only=True):
    """A port of a service by name or number."""

    name: str = ""
    number: int | None = None


class IngressServiceBackend(KubeStruct, frozen=True, kw_only=True):
    """A service and its port."""

    name: str = ""
    port: ServiceBackendPort = ServiceBackendPort()


class IngressBackend(KubeStruct, frozen=True, kw_only=True):
    """Where requests go."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"resource"})

    service: IngressServiceBackend | None = None


class HTTPIngressPath(KubeStruct, frozen=True, kw_only=True):
    """A path of a site and where its requests go."""

    path: str = ""
    path_type: str = "ImplementationSpecific"
    backend: IngressBackend = IngressBackend()


class HTTPIngressRuleValue(KubeStruct, frozen=True, kw_only=True):
    """The paths of a site."""

    paths: tuple[HTTPIngressPath, ...] = ()


class IngressRule(KubeStruct, frozen=True, kw_only=True):
    """A site."""

    host: str = ""
    http: HTTPIngressRuleValue | None = None


class IngressSpec(KubeStruct, frozen=True, kw_only=True):
    """Sites and where their requests go."""

    UNMODELLED: ClassVar[frozenset[str]] = frozenset({"tls"})

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] = ()


class Ingress(KubeObject, frozen=True, kw_only=True):
    """Requests from outside, led to services."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "networking.k8s.io/v1"
    kind: str = "Ingress"
    spec: IngressSpec = IngressSpec()


class NetworkPolicyPort(KubeStruct, frozen=True, kw_only=True):
    """A port or a range of ports."""

    protocol: str = "TCP"
    port: IntOrString | None = None
    end_port: int | None = None


class NetworkPolicyPeer(KubeStruct, frozen=True, kw_only=True):
    """Who may talk; address ranges are kept as plain values."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: Opaque = None


class NetworkPolicyIngressRule(KubeStruct, frozen=True, kw_only=True):
    """Who may come in, to which ports."""

    from_: tuple[NetworkPolicyPeer, ...] = msgspec.field(default=(), name="from")
    ports: tuple[NetworkPolicyPort, ...] = ()


class NetworkPolicyEgressRule(KubeStruct, frozen=True, kw_only=True):
    """Where pods may go, to which ports."""

    to: tuple[NetworkPolicyPeer, ...] = ()
    ports: tuple[NetworkPolicyPort, ...] = ()


class NetworkPolicySpec(KubeStruct, frozen=True, kw_only=True):
    """Which pods it is about, and what it allows them."""

    pod_selector: LabelSelector = LabelSelector()
    ingress: tuple[NetworkPolicyIngressRule, ...] = ()
    egress: tuple[NetworkPolicyEgressRule, ...] = ()
    policy_types: tuple[str, ...] = ()


class NetworkPolicy(KubeObject, frozen=True, kw_only=True):
    """Who may talk to whom."""

    SERVER_MADE: ClassVar[frozenset[str]] = frozenset({"status"})

    api_version: str = "networking.k8s.io/v1"
    kind: str = "NetworkPolicy"
    spec: NetworkPolicySpec = NetworkPolicySpec()
