"""Every error raised on purpose, and the help each one gives.

Reads like: what went wrong, where, what is allowed, and the cure. An error that concerns a user's file carries
one `Problem` per fault, so that a file is mended in one go. A problem is a *code plus arguments*; `TEXTS` holds
the English sentence for each code, `workbench.views.i18n` the Chinese one.

    WorkbenchError
      InputError            something the user wrote; carries problems; the command line exits with 2
        ScenarioError       a scenario file or an override
        DocumentError       a Kubernetes manifest, Marathon JSON or other foreign document
      OverPlacementError    the World refusing a control plane that places more than a node holds
        PolicyError         a scheduling policy of one's own that raises, or answers nonsense
        VolumePluginError   the same of a kind of volume of one's own
      CancelledError        a run stopped on request
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

TEXTS: dict[str, str] = {
    # -- files as such ------------------------------------------------------------------------------------
    "file-missing": "no such file; check the path",
    "file-unreadable": "cannot be read: {why}",
    "file-unwritable": "cannot be written: {why}",
    "file-empty": "the file is empty; a scenario starts with 'name:', a manifest with 'apiVersion:'",
    "file-encoding": "this is {encoding} text; save it as UTF-8",
    "file-binary": "this is not text (byte {byte} at offset {offset}); give a text file in UTF-8",
    "file-too-large": "the file has {size}; at most {limit} are read here",
    "yaml-syntax": "not valid YAML: {why}",
    "yaml-tab": "a tab is used for indentation; YAML allows only spaces there",
    "yaml-tag": "the tag {tag!r} is not allowed; plain YAML values only",
    "yaml-too-many": "more than {limit:,} values after alias expansion; write the file without nested aliases",
    "yaml-duplicate-key": "the key {key!r} appears twice; keep one",
    "yaml-not-string": "{text!r} is read by YAML 1.1 as a {kind}; put it in quotes to keep the text",
    "yaml-alias": "the alias *{alias} has no anchor &{alias} before it",
    "yaml-key": "a {kind} stands where a key is expected; "
    "a template such as {{{{ .Values.x }}}} has to be filled in first",
    "yaml-merge": "the merge key << takes a mapping or a list of mappings",
    "yaml-template": "this is a template; fill it in first, for example with 'helm template' or 'kubectl kustomize'",
    "too-deep": "nested more than {limit} levels deep; write the file flatter",
    "and-more": "the first {limit} faults are listed, there are more",
    "yaml-many-documents": "the file holds {count} documents; a scenario is one",
    "csv-column": "the table has no column {key!r}; its first line must name it; named there: {known}",
    "json-syntax": "not valid JSON: {why}",
    "json-number": "{text} is a {kind}",
    "json-half-character": "half of a character (a lone surrogate, \\ud800 to \\udfff); write the whole character",
    # -- values -------------------------------------------------------------------------------------------
    "unknown-key": "unknown key {key!r}; did you mean {near!r}?",
    "unknown-key-known": "unknown key {key!r}; known here: {known}",
    "unknown-key-comma": "unknown key {key!r} without a value; "
    "inside {{ }} a comma ends a text, so put the text in quotes",
    "too-few": "{value:,} {what} are fewer than the {least:,} needed",
    "missing-key": "the key {key!r} is missing; it is required",
    "wrong-type": "{value!r} is not {wanted}",
    "out-of-range": "{value} is outside {low} to {high}{unit}",
    "not-allowed": "{value!r} is not one of: {allowed}",
    "not-allowed-near": "{value!r} is not known; did you mean {near!r}?",
    "bad-quantity": "{value!r} is not a quantity; write for example 500m, 2, 1.5, 4Gi or 200M",
    "bad-duration": "{value!r} is not a duration; write for example 90s, 5min, 1h30min, 200ms or a number of seconds",
    "bad-schedule": "{value!r} is not a schedule; write minute, hour, day of month, month and day of week, for example "
    "'*/5 * * * *', or '@hourly', or '@every 10m'",
    "bad-repeats": "{value!r} is no repeating interval from the beginning of the run on; write for example "
    "'R3//PT10M' or 'R/2026-01-05T02:00:00Z/PT1H' (a run begins at midnight of 2026-01-05, UTC)",
    "other-framework": "{name!r} is not run by {framework} for team {team!r}, so it cannot be waited for; "
    "give it the same framework and team",
    "circle": "these apps wait for each other in a circle, so none of them could start: {names}",
    "too-long": "{value!r} is longer than {years} years",
    "negative": "{value!r} is negative; an amount is zero or more",
    "not-positive": "{value} is not enough; it must be more than zero",
    "bad-name": "{name!r} is no name; write 1 to 63 letters, digits, '-', '_' or '.', a letter or digit at both ends",
    "bad-word": "{name!r} is no name; write 1 to 316 characters without control characters",
    "duplicate-side": "{name!r} is named twice; a side can be compared with others only",
    "duplicate-name": "the name {name!r} is used twice ({first}); names must differ",
    "reference-to-nothing": "{name!r} does not exist among {what}: {known}",
    "reference-to-nothing-near": "{name!r} does not exist among {what}; did you mean {near!r}?",
    "too-many": "{value:,} {what} are more than the {limit:,} allowed",
    "bad-value": "{value!r} is not accepted: {why}",
    "limit-below-request": "a limit of {limit} is less than the {asked} that it asks for; raise it, or ask for less",
    "too-few-machines": "{copies:,} copies of a block need as many machines, and there are {machines:,}; "
    "write fewer copies, or more machines",
    "too-few-members": "{copies:,} copies of the data need as many members, and the app begins with {members:,}; "
    "set `copies` to at most that, or begin with more `replicas`",
    "data-too-large": "data of {size} do not fit a volume of {volume}; make the volume larger, or the data smaller",
    "not-in-pools": "{name!r} asks for {keys}, but no pool says how much of it its machines have; "
    "write it under their capacity",
    "cannot-fit": "{name!r} asks for {asked} but the largest node has {largest}; it could never be placed",
    "over-reserved": "{asked} set aside on a machine of pool {pool!r}, which has {whole}; set less aside",
    "not-for-kind": "{key!r} means nothing for an app of kind {kind}; it is for {right}",
    "not-for-change": "{key!r} means nothing for a change of kind {kind}; leave it out",
    "not-for-shape": "{key!r} means nothing for a demand of shape {shape}; leave it out",
    "not-together": "{key!r} and {other!r} exclude each other; keep one",
    "behind-nobody": "{name!r} stands behind another app, or is this one itself; name the app that clients ask for",
    "one-of": "give exactly one of {key!r} and {other!r}",
    "only-with": "{key!r} needs {other!r} beside it",
    "not-after": "{key!r} ({value}) is not after {other!r} ({bound})",
    "no-duration": "nobody says how long a task of {name!r} runs; add 'behaviour: {{{name}: {{duration: 60s}}}}'",
    "behaviour-of-app": "{name!r} stands under 'apps'; write its behaviour there",
    "bad-path": "{path!r} is not a file beside the scenario; write a relative path without '..'",
    # -- overrides ----------------------------------------------------------------------------------------
    "override-form": "{text!r} is not PATH=VALUE; write for example mesos.offers.refuse_s=30",
    "override-unknown": "there is no setting {path!r}; did you mean {near!r}?",
    "override-unknown-known": "there is no setting {path!r}; 'workbench parameters' lists them all",
    "goal-missing": "there is no goal; give at least one, for example start_p99<=10s or slo_missed:web<=1%",
    "goal-form": "{text!r} is no goal; write a measure, <= or >=, and a value, for example start_p99<=10s or "
    "slo_missed:web<=1%",
    "not-one-task": "these are several tasks; name one of them to see its story",
    "measure-about-nothing": "{name} is about the whole run; leave out ':{subject}'",
    # -- variants of control planes ---------------------------------------------------------------------------
    "variant-name": "{name!r} is no name for a variant; write small letters, digits and single dashes, a letter first, "
    "and none of {reserved}",
    "variant-taken": "{name!r} is a control plane itself; choose another name for the variant",
    "variant-label": "{label!r} is no label for a side; write 1 to {most} characters without < > &",
    "variant-foreign": "{path!r} is no setting of {of}, and a variant differs in settings of its control plane only; "
    "write it under 'parameters' of the scenario, where it holds for every side",
    # -- policies of one's own ------------------------------------------------------------------------------
    "policy-no-plugin": "{policy} is no plugin; "
    "write 'class {policy}(wb.ScorePlugin)' or 'class {policy}(wb.FilterPlugin)'",
    "policy-not-made": "{policy}() raised {error}: {message}; a plugin is made without arguments, or handed over made",
    "policy-not-copied": "{policy} holds what cannot be copied ({message}), and each run gets a copy of its own; "
    "keep plain values in it, modules and open files outside",
    "policy-default-name": "{policy} is the name of a default plugin; choose another, "
    "and leave the default one out with 'without=[\"{policy}\"]' if you mean to replace it",
    "policy-name-taken": "{policy} is the name of another side of this comparison; choose another",
    "policy-does-nothing": "{policy} neither scores nor filters; "
    "write 'score(self, state, pod, node)' or 'filter(self, state, pod, node)'",
    "policy-weight": "{policy} has the weight {value}; a weight is a whole number from 1 to {high}",
    "policy-raised": "raised {error}: {message} (line {line}: {code})",
    "policy-signature": "cannot be asked: {message}; write 'def {method}{signature}'",
    "policy-no-status": "answered {value}; a filter answers None where the pod may go, "
    "else 'wb.unschedulable(\"the reason\")'",
    "policy-no-score": "answered {value}; a score is a whole number from 0 to 100",
    "policy-no-scores": "answered {value}; write a list of {count} whole numbers from 0 to 100, one for each node",
    # -- kinds of volumes of one's own ----------------------------------------------------------------------
    "volume-no-plugin": "{plugin} is no kind of volume; write 'class {plugin}(wb.VolumePlugin)'",
    "volume-built-in": "{plugin} is the name of a built-in kind of volume; choose another",
    "volume-no-provision": "{plugin} does not say where its bytes lie; write 'provision(self, want, site)'",
    "volume-no-places": "answered {value}; write a list of places, "
    "each made with 'site.outside()', 'site.on_disk(machine)', 'site.in_memory(machine)' or 'site.directory(want)'",
    "volume-no-machine": "answered a place on the machine {value}; machines have the numbers below {count}, "
    "and want.node is -1 as long as nobody knows where the volume will be used",
    "volume-no-identity": "answered {value}; write the name of the volume, a text that is not empty",
    "volume-no-time": "answered {value}; write a number of seconds from 0 to {high}",
    "volume-no-apps": "no app of this scenario has a disk of its own that the kind could take the place of",
    # -- whole files ----------------------------------------------------------------------------------------
    "not-a-mapping": "the document is {value}; it must be a mapping of keys to values",
    "not-an-object": "this is not a Kubernetes object: {why}",
    "not-a-record": "this holds no recorded decisions; a record is a .json or .json.gz file of the conformance kinds",
    "no-records": "no recorded decisions are found here",
    "no-objects": "the file holds no Kubernetes object",
    "request-over-limit": "the request {request} of {name} is more than its limit {limit}",
    "not-rising": "the points must rise in utilization; write them from 0 to 100, each only once",
    "not-whole": "{value!r} of {name} is not a whole number; this comes in whole pieces only",
    "selector-misses": "the selector does not find the pods of its own template; their labels are: {labels}",
    "bad-marathon-id": "{id!r} is no Marathon id; "
    "write names of lower-case letters, digits, '-' and '.', joined by '/'",
    "no-marathon-apps": "there is no app, group or pod in this file",
    "kubernetes-not-marathon": "this is a Kubernetes object; name the file under 'manifests'",
    "dependency-cycle": "these depend on each other in a circle: {cycle}",
    "resident-over-capacity": "{value} is not allowed with volumes: an instance stays with its volume, so write 0",
    "no-apps": "the scenario holds nothing to run; add 'apps:', 'manifests:' or 'marathon:'",
}
"""Code -> English sentence. Placeholders are the problem's arguments."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in something the user wrote.

    Parameters
    ----------
    code : str
        A key of `TEXTS`.
    place : str
        Where: file, line and path, as far as they are known, e.g. ``first-look.yaml:12: apps[0].replicas``.
    args : mapping
        What the sentence of `code` names.
    """

    code: str
    place: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)

    def text(self, template: str | None = None) -> str:
        """Return the sentence, in English or from a translated `template`, with its place in front."""
        said = (template or TEXTS[self.code]).format(**self.args)
        return f"{self.place}: {said}" if self.place else said


class WorkbenchError(Exception):
    """Base of every error raised on purpose."""

    translated: ClassVar[Callable[[WorkbenchError], str] | None] = None
    """Says the same in the other language; set by whoever knows languages."""

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook prints: the sentence in both languages, not how the program came to it."""
        other = "" if WorkbenchError.translated is None else WorkbenchError.translated(self)
        said = [f"{type(self).__name__}: {self}"]
        return [*said, other] if other and other != str(self) else said


class InputError(WorkbenchError):
    """The user's input is at fault; `problems` holds every fault found, in the order of the input."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.problems)  # whoever makes the error again, as SimPy does, makes it from these

    def __str__(self) -> str:
        return "\n".join(problem.text() for problem in self.problems)


class ScenarioError(InputError):
    """A scenario file or an override cannot be used."""


class DocumentError(InputError):
    """A foreign document (manifest, Marathon JSON ...) cannot be read."""


class PolicyError(InputError):
    """A scheduling policy of one's own raises, answers nonsense, or cannot be used as it is."""

    def about(self, pod: str) -> PolicyError:
        """Return the error with the pod that was decided about added to its places."""
        return PolicyError([replace(one, place=f"{one.place}, pod {pod}") for one in self.problems])


class VolumePluginError(InputError):
    """A kind of volume of one's own raises, answers nonsense, or cannot be used as it is."""


class OverPlacementError(WorkbenchError):
    """A control plane placed more on a node than it holds: a fault of the engine, refused by the World."""


class CancelledError(WorkbenchError):
    """A run was stopped on request before it ended."""


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """Return the spelling in `allowed` closest to `word`, or None when nothing is close."""
    names = sorted(allowed)
    folded = {name.lower(): name for name in reversed(names)}
    near = difflib.get_close_matches(word.lower(), sorted(folded), n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def unknown_key(key: str, allowed: Iterable[str], place: str) -> Problem:
    """Return the problem for a key that is not `allowed`, with the nearest spelling if there is one."""
    names = sorted(allowed)
    near = nearest(key, names)
    if near is not None:
        return Problem("unknown-key", place, {"key": key, "near": near})
    return Problem("unknown-key-known", place, {"key": key, "known": ", ".join(names)})


def unknown_value(value: object, allowed: Iterable[str], place: str) -> Problem:
    """Return the problem for a value outside a fixed list, with the nearest spelling if there is one."""
    names = sorted(allowed)
    near = nearest(str(value), names)
    if near is not None:
        return Problem("not-allowed-near", place, {"value": value, "near": near})
    return Problem("not-allowed", place, {"value": value, "allowed": ", ".join(name or "''" for name in names)})


def no_such(name: str, known: Iterable[str], what: str, place: str) -> Problem:
    """Return the problem for a reference to something that does not exist."""
    names = sorted(known)
    near = nearest(name, names)
    if near is not None:
        return Problem("reference-to-nothing-near", place, {"name": name, "what": what, "near": near})
    return Problem("reference-to-nothing", place, {"name": name, "what": what, "known": ", ".join(names) or "-"})
