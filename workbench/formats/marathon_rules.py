"""What Marathon's types do not say: allowed words and ranges, older spellings, what must hold between fields.

Source: mesosphere/marathon (2021-07), docs/docs/rest-api/public/api/v2/types/*.raml, and for older spellings the
documents of versions 1.4 and 1.5 there; Constraints.scala for what an operator takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from workbench.formats.kubernetes_reading import After, Before, Rules, Spot, quotable
from workbench.model.native import marathon
from workbench.model.parameters import Treatment, ignored

Raw = Mapping[str, Any]

READ_AS = "an older spelling, read as {new}"
NO_EFFECT = ignored("has no effect in Marathon any more")
GONE = ignored("no longer exists in Marathon")

NOTES = (READ_AS, NO_EFFECT.note, GONE.note)
"""What receipts say about fields on behalf of this module, in English."""

OPERATORS = ("UNIQUE", "CLUSTER", "GROUP_BY", "LIKE", "UNLIKE", "MAX_PER", "IS")
_PROTOCOLS = ("HTTP", "HTTPS", "TCP", "COMMAND", "MESOS_TCP", "MESOS_HTTP", "MESOS_HTTPS")
_TRANSPORTS = ("tcp", "udp", "udp,tcp", "tcp,udp")
_KILLS = ("YOUNGEST_FIRST", "OLDEST_FIRST")

WORDS: Mapping[tuple[type, str], tuple[str, ...]] = {
    (marathon.Constraint, "operator"): OPERATORS,
    (marathon.HealthCheck, "protocol"): _PROTOCOLS,
    (marathon.ReadinessCheck, "protocol"): ("HTTP", "HTTPS"),
    (marathon.PersistentVolume, "type"): ("root", "path", "mount"),
    (marathon.Volume, "mode"): ("RO", "RW"),
    (marathon.PortMapping, "protocol"): _TRANSPORTS,
    (marathon.PortDefinition, "protocol"): _TRANSPORTS,
    (marathon.Container, "type"): ("DOCKER", "MESOS"),
    (marathon.Network, "mode"): ("container", "container/bridge", "host"),
    (marathon.PodImage, "kind"): ("DOCKER", "APPC"),
    (marathon.App, "killSelection"): _KILLS,
    (marathon.PodScheduling, "killSelection"): _KILLS,
}
"""(type, field) -> allowed words."""

_PORT = (0, 65_535)
_MOST_INSTANCES = 5_000_000

RANGES: Mapping[str, tuple[int, int]] = {
    "instances": (0, _MOST_INSTANCES),
    "port": _PORT,
    "containerPort": _PORT,
    "hostPort": _PORT,
    "servicePort": _PORT,
    "size": (0, 2**40),
    "inactiveAfterSeconds": (0, 2**53),
    "expungeAfterSeconds": (0, 2**53),
}
"""Field -> lowest and highest value; other whole numbers are 0 to 2**31 - 1."""

_AMOUNTS = {"cpus": (0.0, 1e9), "mem": (0.0, 1e12), "disk": (0.0, 1e12)}
_SHARES = {"minimumHealthCapacity": (0.0, 1.0), "maximumOverCapacity": (0.0, 1.0)}

NUMBERS: Mapping[type, Mapping[str, tuple[float, float]]] = {
    marathon.App: {
        **_AMOUNTS,
        "backoffSeconds": (0.0, 1e9),
        "backoffFactor": (1.0, 1e6),
        "maxLaunchDelaySeconds": (0.0, 1e9),
        "taskKillGracePeriodSeconds": (0.0, 1e9),
    },
    marathon.PodResources: _AMOUNTS,
    marathon.UpgradeStrategy: _SHARES,
    marathon.PodBackoff: {"backoff": (0.0, 1e9), "backoffFactor": (1.0, 1e6), "maxLaunchDelay": (0.0, 1e9)},
}
"""Type -> field with a fraction -> lowest and highest value."""


def read_as(new: str) -> Treatment:
    """Return the fate of a field whose content is read under another name."""
    return Treatment("honoured", READ_AS, (("new", new),))


# -- before: plain values in today's spelling -----------------------------------------------------------------------


def _numbers(cls: type) -> Before:
    """Return a check of the fields with fractions; a wrong one is reported and left out."""

    def checked(raw: Raw, spot: Spot) -> Raw:
        wrong = [name for name, bounds in NUMBERS[cls].items() if not _is_number(name, raw.get(name), *bounds, spot)]
        return {key: value for key, value in raw.items() if key not in wrong} if wrong else raw

    return checked


def _is_number(name: str, value: Any, low: float, high: float, spot: Spot) -> bool:
    if value is None or (type(value) in (int, float) and low <= value <= high):
        return True
    if type(value) not in (int, float):
        spot.problem("wrong-type", name, value=quotable(value), wanted="a number")
    elif value < 0:
        spot.problem("negative", name, value=value)
    else:
        spot.problem("out-of-range", name, value=value, low=f"{low:g}", high=f"{high:g}", unit="")
    return False


def _app(raw: Raw, spot: Spot) -> Raw:
    made = dict(_numbers(marathon.App)(raw, spot))
    for old in ("residency", "taskRateLimit"):
        if made.pop(old, None) is not None:
            spot.note(old, NO_EFFECT if old == "residency" else GONE)
    _renamed(made, "uris", "fetch", lambda uri: {"uri": uri}, spot)
    _renamed(made, "ports", "portDefinitions", lambda port: {"port": port}, spot)
    _networks(made, spot)
    _constraints(made, spot)
    _strategy(made)
    _names_only(made, "env", "secrets")
    return made


def _renamed(made: dict[str, Any], old: str, new: str, item: Callable[[Any], Any], spot: Spot) -> None:
    """Move a list of bare values to the field that holds mappings, unless that is there as well."""
    values = made.pop(old, None)
    if values is None:
        return
    spot.note(old, read_as(new))
    if type(values) is not list:
        spot.problem("wrong-type", old, value=quotable(values), wanted="a list")
    elif not made.get(new):
        made[new] = [item(value) for value in values]


_NETWORK_OF_DOCKER = {"BRIDGE": "container/bridge", "HOST": "host", "USER": "container", "NONE": "host"}


def _networks(made: dict[str, Any], spot: Spot) -> None:
    """Read `ipAddress` and the network of a Docker container as `networks`, as Marathon 1.5 does."""
    address = made.pop("ipAddress", None)
    docker = _inside(made, "container", "docker")
    mode = docker.get("network")
    known = mode if isinstance(mode, str) and mode in _NETWORK_OF_DOCKER else None
    name = _text(_inside({"at": address}, "at").get("networkName"))
    if address is not None:
        spot.note("ipAddress", read_as("networks"))
    if mode is not None:
        spot.note("container.docker.network", read_as("networks"))
        if known is None:
            allowed = ", ".join(_NETWORK_OF_DOCKER)
            spot.problem("not-allowed", "container", "docker", "network", value=quotable(mode), allowed=allowed)
    if made.get("networks") is None and (known or address is not None):
        made["networks"] = [{"mode": _NETWORK_OF_DOCKER[known or "USER"], "name": name}]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _inside(value: Any, *keys: str) -> Raw:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _container(raw: Raw, spot: Spot) -> Raw:
    """Move port mappings from the Docker part, where they were before Marathon 1.5, to the container."""
    docker = raw.get("docker")
    if not isinstance(docker, dict) or not {"network", "portMappings"} & docker.keys():
        return raw
    inner = {key: value for key, value in docker.items() if key not in ("network", "portMappings")}
    made = {**raw, "docker": inner}
    if docker.get("portMappings") is not None:
        spot.note("docker.portMappings", read_as("container.portMappings"))
        if raw.get("portMappings") is None:
            made["portMappings"] = docker["portMappings"]
    return made


def _constraints(made: dict[str, Any], spot: Spot) -> None:
    """Read constraints in the short form ``["hostname", "UNIQUE"]``."""
    values = made.get("constraints")
    if type(values) is list:
        made["constraints"] = [_constraint(one, index, spot) for index, one in enumerate(values)]


def _constraint(one: Any, index: int, spot: Spot) -> Any:
    if type(one) is not list:
        return one
    if not 2 <= len(one) <= 3:
        wanted = 'a list of field, operator and value such as ["rack", "MAX_PER", "2"]'
        spot.problem("wrong-type", "constraints", index, value=quotable(one), wanted=wanted)
        return {"fieldName": "", "operator": ""}  # reads as left out, so that nothing else is said about it
    return dict(zip(("fieldName", "operator", "value"), one, strict=False))


def _strategy(made: dict[str, Any], key: str = "unreachableStrategy") -> None:
    if made.get(key) == "disabled":
        made[key] = {"disabled": True}


def _names_only(made: dict[str, Any], *fields: str) -> None:
    """Leave of variables and secrets, also of those that refer to a secret, what they are called."""
    for field in fields:
        value = made.get(field)
        if type(value) is list:  # pods of Marathon 1.4
            value = {str(one.get("name")): "" for one in value if isinstance(one, dict)}
        if type(value) is dict:
            made[field] = {name: "" if isinstance(one, dict | str) else one for name, one in value.items()}


def _environment(raw: Raw, _spot: Spot) -> Raw:
    made = dict(raw)
    _names_only(made, "environment", "secrets", "labels")
    return made


def _scaling(raw: Raw, spot: Spot) -> Raw:
    """Read ``{"fixed": {"instances": 2}}``, the form of Marathon 1.4."""
    fixed = raw.get("fixed")
    if not isinstance(fixed, dict):
        return raw
    spot.note("fixed", read_as("scaling.instances"))
    return {**{key: value for key, value in raw.items() if key != "fixed"}, **fixed}


def _placement(raw: Raw, spot: Spot) -> Raw:
    made = dict(raw)
    _constraints(made, spot)
    return made


def _scheduling(raw: Raw, _spot: Spot) -> Raw:
    made = dict(raw)
    _strategy(made)
    return made


# -- after: what must hold between fields ---------------------------------------------------------------------------


def _checked_constraint(one: marathon.Constraint, _raw: Raw, spot: Spot) -> marathon.Constraint:
    """Check what an operator takes: nothing, a whole number, or a regular expression."""
    if one.operator == "UNIQUE" and one.value:
        spot.problem("not-together", key="value", other="UNIQUE")
    if one.operator in ("LIKE", "UNLIKE", "MAX_PER", "IS") and not one.value:
        spot.problem("missing-key", key="value")
    elif one.operator in ("MAX_PER", "GROUP_BY") and one.value is not None:
        if not re.fullmatch(r"[1-9][0-9]{0,8}", one.value):
            spot.problem("wrong-type", "value", value=quotable(one.value), wanted="a whole number in quotes, 1 or more")
    elif one.operator in ("LIKE", "UNLIKE") and not _is_expression(one.value or ""):
        spot.problem("wrong-type", "value", value=quotable(one.value), wanted="a regular expression")
    return one


def _is_expression(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _unreachable(one: marathon.UnreachableStrategy, _raw: Raw, spot: Spot) -> marathon.UnreachableStrategy:
    if one.expunge_after_seconds < one.inactive_after_seconds:
        spot.problem(
            "not-after",
            key="expungeAfterSeconds",
            value=one.expunge_after_seconds,
            other="inactiveAfterSeconds",
            bound=one.inactive_after_seconds,
        )
    return one


RESIDENT_UPGRADE = marathon.UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=0.0)
RESIDENT_UNREACHABLE = marathon.UnreachableStrategy(disabled=True)


def _filled_app(app: marathon.App, raw: Raw, spot: Spot) -> marathon.App:
    """Fill in the strategies; an app with persistent volumes waits for its agent, and never has more instances."""
    careful = app.resident or bool(app.external_volumes)
    default = RESIDENT_UPGRADE if careful else marathon.UpgradeStrategy()
    given = _inside(raw, "upgradeStrategy")
    upgrade = marathon.UpgradeStrategy(
        minimum_health_capacity=given.get("minimumHealthCapacity", default.minimum_health_capacity),
        maximum_over_capacity=given.get("maximumOverCapacity", default.maximum_over_capacity),
    )
    if careful and upgrade.maximum_over_capacity:
        where = ("upgradeStrategy", "maximumOverCapacity")
        spot.problem("resident-over-capacity", *where, value=upgrade.maximum_over_capacity)
    unreachable = app.unreachable_strategy
    if unreachable is None:
        unreachable = RESIDENT_UNREACHABLE if app.resident else marathon.UnreachableStrategy()
    return replace(app, upgrade_strategy=upgrade, unreachable_strategy=unreachable)


BEFORE: Mapping[type, Before] = {
    marathon.App: _app,
    marathon.Container: _container,
    marathon.UpgradeStrategy: _numbers(marathon.UpgradeStrategy),
    marathon.PodResources: _numbers(marathon.PodResources),
    marathon.PodBackoff: _numbers(marathon.PodBackoff),
    marathon.PodScaling: _scaling,
    marathon.PodPlacement: _placement,
    marathon.PodScheduling: _scheduling,
    marathon.PodContainer: _environment,
    marathon.PodDefinition: _environment,
}

AFTER: Mapping[type, After] = {
    marathon.App: _filled_app,
    marathon.Constraint: _checked_constraint,
    marathon.UnreachableStrategy: _unreachable,
}

RULES = Rules(
    words=WORDS,
    ranges=RANGES,
    renamed={marathon.PodScheduling: {"backoffStrategy": "backoff", "upgradeStrategy": "upgrade"}},
    before=BEFORE,
    after=AFTER,
    annotations=lambda _name: False,
)
