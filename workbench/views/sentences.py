"""What a comparison found, in sentences that are true of its numbers, in the reader's language.

A scenario's author writes the sentence of its finding, one per language and outcome; where there is none, or where
something did not happen within the run, a general sentence stands in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter

from workbench.engines.catalogue import PARAMETERS
from workbench.errors import InputError
from workbench.experiments.compare import Comparison, Row, Turn
from workbench.experiments.statistics import Difference, Verdict
from workbench.formats.durations import parse_duration
from workbench.formats.quantities import parse_quantity
from workbench.model.clock import to_seconds
from workbench.model.parameters import Value
from workbench.model.scenario import Finding, LocalText, Scenario
from workbench.views.against import of_two, sentence
from workbench.views.amounts import beside, between, bytes_, control_plane, cores, difference, duration, typical, value
from workbench.views.choices import word
from workbench.views.i18n import Texts

MOST_WORDS = 40
"""Of the short answer."""

MOST_CHANGES = 3
"""Lines about what would change the answer."""


def title(t: Texts, row: Row) -> str:
    """Return what a row measures, as a reader calls it."""
    return t(row.metric.title, about=row.subject)


# -- the finding --------------------------------------------------------------------------------------------


def finding(t: Texts, comparison: Comparison) -> str:
    """Return the sentence that answers the scenario's question."""
    row = comparison.rows[0]
    own = comparison.scenario.study.finding
    if own is not None and row.measure == own.measure and _finite(row, comparison.sides):
        written = _outcome(own, comparison.sides, row.difference.verdict)
        said = "" if written is None else _filled(t.local(written), _placeholders(t, comparison, row))
        if said:
            return t.tidy(said)
    return repeats(t, row, comparison.sides)


def short_answer(t: Texts, comparison: Comparison) -> str:
    """Return the finding, and how sure it is where at most 40 words allow that; of more than two sides, each."""
    said = finding(t, comparison)
    if len(comparison.sides) > 2:
        row, general = comparison.rows[0], repeats(t, comparison.rows[0], comparison.sides)
        both = t.joined(said, sentence(t, row, comparison.sides))
        return both if said != general and len(both.split()) <= MOST_WORDS else said
    sure = _how_often(t, comparison)
    joined = t.joined(said, sure)
    return joined if sure and len(joined.split()) <= MOST_WORDS else said


def _how_often(t: Texts, comparison: Comparison) -> str:
    """Return the sentence on certainty that follows an author's own; a general one has it already."""
    row = comparison.rows[0]
    own = comparison.scenario.study.finding
    if own is None or finding(t, comparison) == repeats(t, row, comparison.sides):
        return ""
    count = len(comparison.seeds)
    if row.difference.verdict == "close":
        told = t("too close to call") in finding(t, comparison).lower()
        return "" if told else t("Too close to call.")
    if count == 1:
        return t("One run only: chance is not ruled out.")
    return t("So it went in {agree} of {repeats} repeats.", agree=agreeing(row.difference), repeats=count)


def agreeing(difference: Difference) -> int:
    """Return in how many repeats the side with the lower value on the whole was lower."""
    return max(difference.first_lower, difference.second_lower)


def _outcome(own: Finding, sides: Sequence[str], verdict: Verdict) -> LocalText | None:
    if verdict == "close":
        return own.close
    return own.text if own.lower == sides[0 if verdict == "first" else 1] else own.reverse


def _finite(row: Row, sides: Sequence[str]) -> bool:
    return all(math.isfinite(one) for side in sides for one in row.values[side])


def _placeholders(t: Texts, comparison: Comparison, row: Row) -> Mapping[str, str]:
    spread = (row.difference.high - row.difference.low) / 2
    return {
        **{
            side.replace("-", "_"): value(t, beside(row.metric, row.values), *typical(row.values[side]))
            for side in comparison.sides
        },
        "difference": difference(t, beside(row.metric, row.values), row.difference.mean, spread),
        "agree": str(agreeing(row.difference)),
        "repeats": str(len(comparison.seeds)),
    }


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Return an author's sentence with the values in place; empty where it asks for anything else."""
    said = ""
    try:
        for literal, name, form, conversion in Formatter().parse(template):
            said += literal
            if name is not None:
                if name not in values or form or conversion:
                    return ""
                said += values[name]
    except ValueError:  # a brace without its other half
        return ""
    return said


# -- a row in a sentence ------------------------------------------------------------------------------------


def leader(row: Row, sides: Sequence[str]) -> str | None:
    """Return the control plane that is ahead: with the better value, the lower one where neither is better."""
    return _leader(row.difference.verdict, row.metric.lower_is_better, sides)


def _leader(verdict: Verdict, lower_is_better: bool | None, sides: Sequence[str]) -> str | None:
    if verdict == "close":
        return None
    lower = 0 if verdict == "first" else 1
    return sides[1 - lower if lower_is_better is False else lower]


def repeats(t: Texts, row: Row, sides: Sequence[str]) -> str:
    """Return the general sentence on a row: who was ahead, how often, by how much; of more than two, each."""
    if len(sides) > 2:
        return sentence(t, row, sides, title(t, row))
    ahead = leader(row, sides)
    if not _finite(row, sides[:2]):
        return _never(t, row, sides, ahead)
    if ahead is None:
        return _close(t, row, sides)
    apart, around = _distance(t, row)
    args = {
        "measure": title(t, row),
        "side": control_plane(t, ahead),
        "agree": agreeing(row.difference),
        "repeats": len(row.difference.pairs),
        "difference": t("{middle} ({range})", middle=apart, range=around) if around else apart,
    }
    return _once(t, row, args) if len(row.difference.pairs) == 1 else _often(t, row, args)


def _often(t: Texts, row: Row, args: Mapping[str, object]) -> str:
    if row.metric.lower_is_better is False:
        return t("{measure}: in {agree} of {repeats} repeats higher with {side}, typically by {difference}.", **args)
    if row.metric.unit == "s":
        return t("{measure}: in {agree} of {repeats} repeats shorter with {side}, typically by {difference}.", **args)
    return t("{measure}: in {agree} of {repeats} repeats lower with {side}, typically by {difference}.", **args)


def _once(t: Texts, row: Row, args: Mapping[str, object]) -> str:
    if row.metric.lower_is_better is False:
        return t("{measure}: in this one run higher with {side}, by {difference}; chance is not ruled out.", **args)
    if row.metric.unit == "s":
        return t("{measure}: in this one run shorter with {side}, by {difference}; chance is not ruled out.", **args)
    return t("{measure}: in this one run lower with {side}, by {difference}; chance is not ruled out.", **args)


def _close(t: Texts, row: Row, sides: Sequence[str]) -> str:
    first, second = sides[:2]
    args = {
        "measure": title(t, row),
        "first": control_plane(t, first),
        "first_value": value(t, beside(row.metric, row.values), *typical(row.values[first])),
        "second": control_plane(t, second),
        "second_value": value(t, beside(row.metric, row.values), *typical(row.values[second])),
    }
    if all(abs(pair) <= row.difference.grain for pair in row.difference.pairs):
        return t("{measure}: no difference worth speaking of ({first} {first_value}, {second} {second_value}).", **args)
    return t("{measure}: too close to call ({first} {first_value}, {second} {second_value}).", **args)


def _never(t: Texts, row: Row, sides: Sequence[str], ahead: str | None) -> str:
    """Return the sentence on a row where something did not happen within the run in some repeats."""
    first, second = sides[:2]
    args = {
        "measure": title(t, row),
        "first": control_plane(t, first),
        "first_done": _happened(row.values[first]),
        "second": control_plane(t, second),
        "second_done": _happened(row.values[second]),
        "repeats": len(row.difference.pairs),
    }
    if not args["first_done"] and not args["second_done"]:
        return t("{measure}: on neither side within the run.", **args)
    if ahead is None:
        return t(
            "{measure}: too close to call; within the run in {first_done} of {repeats} repeats on {first}"
            " and in {second_done} on {second}.",
            **args,
        )
    return t(
        "{measure}: {side} was ahead in {agree} of {repeats} repeats; within the run it happened"
        " {first_done} times on {first} and {second_done} times on {second}.",
        side=control_plane(t, ahead),
        agree=agreeing(row.difference),
        **args,
    )


def _happened(values: Sequence[float]) -> int:
    return sum(1 for one in values if math.isfinite(one))


def _distance(t: Texts, row: Row, *, brief: bool = False) -> tuple[str, str]:
    """Return how far apart the sides are, without sign, and the range of it (empty if its ends read the same)."""
    apart = row.difference
    low, high = (apart.low, apart.high) if apart.mean >= 0 else (-apart.high, -apart.low)
    spread = (high - low) / 2
    ends = (difference(t, beside(row.metric, row.values), end, spread) for end in (low, high))
    return difference(t, beside(row.metric, row.values), apart.mean, spread), between(t, *ends, brief=brief)


def gap(t: Texts, row: Row, sides: Sequence[str]) -> tuple[str, str]:
    """Return the difference of a row for a table: who has how much less or more, and its interval (may be empty)."""
    ahead = leader(row, sides)
    if ahead is None:
        return _undecided(t, row), ""
    if not _finite(row, sides[:2]):
        return t("{side} is ahead", side=control_plane(t, ahead)), ""
    apart, around = _distance(t, row, brief=True)
    if row.metric.lower_is_better is False:
        return t("{side}: {difference} more", side=control_plane(t, ahead), difference=apart), around
    return t("{side}: {difference} less", side=control_plane(t, ahead), difference=apart), around


def _undecided(t: Texts, row: Row) -> str:
    """Return in a few words that no side is ahead: for want of any difference, or for want of certainty."""
    return t("the same") if not any(row.difference.pairs) else _open(t, row.difference)


def _open(t: Texts, difference: Difference) -> str:
    """Return what a difference is called that is not clear: small in every repeat, or now this way and now that."""
    small = all(abs(pair) <= difference.grain for pair in difference.pairs)
    return t("a tie") if small else t("too close to call")


def sureness(t: Texts, row: Row, sides: Sequence[str]) -> str:
    """Return how sure the difference of a row is, in a few words."""
    if leader(row, sides) is None:
        return _undecided(t, row)
    if len(row.difference.pairs) == 1:
        return t("one run only")
    return t("{agree} of {repeats} repeats", agree=agreeing(row.difference), repeats=len(row.difference.pairs))


# -- what would change the answer ---------------------------------------------------------------------------


def would_change(t: Texts, comparison: Comparison) -> list[str]:
    """Return at most three lines: the run with equal defaults, points where the answer turns, settings that do not."""
    turning = [line for turn in comparison.turns for line in _turning(t, comparison, turn)]
    staying = [_staying(t, comparison, turn) for turn in comparison.turns if not turn.turns]
    equal = equalised(t, comparison)
    return [of_two(t, comparison, line) for line in (equal, *turning, *staying) if line][:MOST_CHANGES]


def equalised(t: Texts, comparison: Comparison) -> str:
    """Return what became of the finding with equal defaults; empty when the scenario names none.

    A finding that vanishes there is called a default, one that remains architecture.
    """
    if not comparison.equalised:
        return ""
    before, after = comparison.rows[0], comparison.equalised[0]
    was, now = leader(before, comparison.sides), leader(after, comparison.sides)
    args = {"settings": _settings(t, comparison.scenario), "side": control_plane(t, now) if now else ""}
    if now is None:
        if was is None:
            return t("With equal defaults ({settings}) it is still too close to call.", **args)
        return t("With equal defaults ({settings}) the difference vanishes: a default, not architecture.", **args)
    if now == was:
        return t("With equal defaults ({settings}) {side} stays ahead: architecture, not a default.", **args)
    if was is None:
        return t("With equal defaults ({settings}) a difference appears: {side} is ahead.", **args)
    args["difference"] = gap(t, after, comparison.sides)[0]
    return t("With equal defaults ({settings}) the answer turns round ({difference}): a default decided it.", **args)


def _settings(t: Texts, scenario: Scenario) -> str:
    said = (
        t("{setting}: {value}", setting=label(t, scenario, path), value=setting(t, path, chosen))
        for path, chosen in scenario.study.equalised.items()
    )
    return t.listed(*said)


def _turning(t: Texts, comparison: Comparison, turn: Turn) -> Iterator[str]:
    """Yield a line for each pair of neighbouring values between which the answer changes.

    Values at which it is open, between two answers, are told in one line with both.
    """
    lower_is_better = comparison.rows[0].metric.lower_is_better
    sides = [_leader(verdict, lower_is_better, comparison.sides) for verdict in turn.verdicts]
    said = [
        control_plane(t, side) if side else _open(t, difference)
        for side, difference in zip(sides, turn.differences, strict=True)
    ]
    places = [turn.values.index(low) for low, _ in turn.turns]
    between_two = len(places) == 2 and _is_amount(turn.values[0]) and sides[places[1]] is None
    for at in places[: 1 if between_two else None]:
        low, last = turn.values[at], places[-1] if between_two else at
        high = turn.values[last + 1]
        args = {
            "setting": label(t, comparison.scenario, turn.path),
            "low": setting(t, turn.path, low),
            "high": setting(t, turn.path, high),
            "before": said[at],
            "after": said[last + 1],
        }
        if not _is_amount(low):
            yield t("{setting}: at “{low}” the answer is {before}, at “{high}” {after}.", **args)
        elif between_two:
            yield t(
                "{setting}: up to {low} the answer is {before}, from {high} on {after}, in between too close to call.",
                **args,
            )
        elif at == 0:
            yield t("{setting}: at {low} the answer is {before}, from {high} on {after}.", **args)
        else:
            yield t("{setting}: up to {low} the answer is {before}, from {high} on {after}.", **args)


def _staying(t: Texts, comparison: Comparison, turn: Turn) -> str:
    shown = [setting(t, turn.path, one) for one in (turn.values[0], turn.values[-1])]
    return t(
        "{setting}: from {low} to {high} the answer stays the same.",
        setting=label(t, comparison.scenario, turn.path),
        low=shown[0],
        high=shown[1],
    )


def label(t: Texts, scenario: Scenario, path: str) -> str:
    """Return a setting in words: its slider's label, its declared meaning, what it is of a pool, else its path."""
    for slider in scenario.study.sliders:
        if slider.path == path:
            return t.local(slider.label)
    return t(PARAMETERS[path].help) if path in PARAMETERS else _of_a_pool(t, path)


def _of_a_pool(t: Texts, path: str) -> str:
    match path.split("."):
        case "cluster", "pools", pool, "count":
            return t("size of pool {pool}", pool=pool)
        case "cluster", "pools", pool, "autoscale", "least":
            return t("least size of pool {pool}", pool=pool)
        case "cluster", "pools", pool, "out_of_stock", "until":
            return t("pool {pool} is sold out until", pool=pool)
    return path


def setting(t: Texts, path: str, chosen: Value) -> str:
    """Return the value of a setting as people say it."""
    if isinstance(chosen, bool):
        return t("on") if chosen else t("off")
    if isinstance(chosen, str) and is_cpu(path):
        number = cores(parse_quantity(chosen).milli())
        return t("1 core") if number == "1" else t("{number} cores", number=number)
    if isinstance(chosen, str) and is_memory(path):
        return bytes_(parse_quantity(chosen).units())
    if isinstance(chosen, str):
        seconds = _seconds(chosen)
        return word(t, chosen) if seconds is None else duration(t, seconds)
    unit = PARAMETERS[path].unit if path in PARAMETERS else ""
    if unit == "s":
        return duration(t, float(chosen))
    if path.endswith(".errors"):
        return t("{number} %", number=f"{100 * float(chosen):g}")
    amount = int(chosen) if chosen == int(chosen) else chosen
    if path.endswith(".scaling.target") or unit == "%":
        return t("{number} %", number=f"{amount:,}")
    return f"{amount:,} {t.template(unit)}".rstrip()


def is_cpu(path: str) -> bool:
    """Say whether a path of a scenario leads to an amount of cpu, written like 500m or 2; a load's cpu is a time."""
    return path.endswith((".cpu", ".load.cap")) and not path.endswith(".load.cpu")


BYTES = ("memory_use", "disk_use")
"""Keys of an app under which stand bytes."""


def is_memory(path: str) -> bool:
    """Say whether a path of a scenario leads to bytes, of memory, disk or an image, written like 512Mi or 4Gi."""
    *_, above, last = ("", *path.split("."))
    return (
        path.startswith("images.")
        or last in ("memory", "disk", "size", "image_size", *BYTES)
        or (above in BYTES and last in ("start", "grows", "most"))
    )


def _is_amount(chosen: Value) -> bool:
    """Say whether a value has a more and a less, so that an answer can hold up to it."""
    if isinstance(chosen, str):
        return _seconds(chosen) is not None
    return not isinstance(chosen, bool)


def _seconds(text: str) -> float | None:
    """Return a duration written with its unit, in s; None for any other word."""
    try:
        return to_seconds(parse_duration(text)) if text[-1:].isalpha() else None
    except InputError:
        return None
