"""The command line: the library's verbs under the same names.

Exit codes: 0 done; 1 done, but not as hoped (records differ, a file has faults); 2 the input or the call is wrong;
130 stopped with Ctrl-C. Nothing is left half-written in any case.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from workbench import __version__
from workbench.errors import InputError, Problem, WorkbenchError

FORMATS = ("html", "md", "csv", "json")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    args = _parser().parse_args(argv)
    try:
        code: int = args.does(args)
    except InputError as error:
        _complain(_texts(args).error(error))
        return 2
    except WorkbenchError as error:
        _complain(_texts(args).error(error))
        return 1
    except KeyboardInterrupt:
        _complain(_texts(args)("stopped"))
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


# -- the words of the command line --------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="workbench",
        description="Compare how Kubernetes and Mesos-style two-level scheduling run one workload.",
    )
    parser.add_argument("--version", action="version", version=f"workbench {__version__}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    _compare_words(_verb(verbs, "compare", compare, "run both sides of a scenario and write a report"))
    _run_words(_verb(verbs, "run", run, "run one side once and write its trace"))
    _size_words(_verb(verbs, "size", size, "say how many machines each side needs to meet goals"))
    _explain_words(_verb(verbs, "explain", explain, "say why a pod or task waits, or runs where it runs"))
    _check_words(_verb(verbs, "check", check, "say what of a file counts, or every fault in it"))
    _fidelity_words(_verb(verbs, "fidelity", fidelity, "hold the model against records of the real systems"))
    _verb(verbs, "parameters", parameters, "list every setting: default, range, unit, meaning, source")
    return parser


def _verb(verbs: Any, name: str, does: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
    verb: argparse.ArgumentParser = verbs.add_parser(name, help=about, description=about.capitalize() + ".")
    verb.set_defaults(does=does)
    verb.add_argument("--lang", choices=("en", "zh"), default="en", help="language of what is written and said")
    return verb


def _scenario_words(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--seed", type=int, help="seed of the first run (default: the scenario's)")
    verb.add_argument(
        "--set",
        metavar="PATH=VALUE",
        action="append",
        default=[],
        help="override a setting or a value of the scenario, for example mesos.offers.refuse_s=30; may be repeated",
    )


def _compare_words(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("scenario", nargs="+", help="scenario file, or the name of a shipped one")
    _scenario_words(verb)
    verb.add_argument("--replications", type=int, metavar="N", help="repeats (default: the scenario's)")
    verb.add_argument("--sides", default="", metavar="A,B,...", help="who is compared (default: as the scenario says)")
    verb.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="where to write (default: out)")
    verb.add_argument("--format", default=",".join(FORMATS), help=f"any of {','.join(FORMATS)} (default: all)")


def _run_words(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("scenario", help="scenario file, or the name of a shipped one")
    _scenario_words(verb)
    verb.add_argument(
        "--on", default="kubernetes", metavar="SIDE", help="kubernetes, mesos, static-partitions or kubernetes-on-mesos"
    )
    verb.add_argument("--trace", type=Path, metavar="DIR", help="write one CSV file per table of the trace")


def _size_words(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("scenario", help="scenario file, or the name of a shipped one")
    _scenario_words(verb)
    verb.add_argument(
        "--goal",
        metavar="GOAL",
        action="append",
        default=[],
        help="a measure and its bound, for example start_p99<=10s or slo_missed:web<=1%%; may be repeated",
    )
    verb.add_argument("--pool", metavar="NAME", help="whose machines are counted (default: the first pool)")
    verb.add_argument("--from", dest="low", type=int, default=1, metavar="N", help="fewest machines (default: 1)")
    verb.add_argument("--to", dest="high", type=int, default=50, metavar="N", help="most machines (default: 50)")
    verb.add_argument("--share", type=float, default=0.95, help="part of runs to meet every goal (default: 0.95)")
    verb.add_argument("--confidence", type=float, default=0.95, help="how sure that must be (default: 0.95)")
    verb.add_argument("--json", type=Path, metavar="FILE", help="write every number that was tried")


def _explain_words(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("scenario", help="scenario file, or the name of a shipped one")
    verb.add_argument("name", help="the pod or task, as in the trace; the name of an app lists its tasks")
    _scenario_words(verb)
    verb.add_argument("--on", default="kubernetes", metavar="SIDE", help="kubernetes or mesos")
    verb.add_argument(
        "--at", metavar="TIME", help="the instant, for example 5min30s (default: the end of its wait, or of the run)"
    )


def _check_words(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", nargs="+", type=Path, help="scenario, Kubernetes manifest or Marathon JSON")


def _fidelity_words(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("path", nargs="+", type=Path, help="record files (.json, .json.gz) or folders of them")
    verb.add_argument("--json", type=Path, metavar="FILE", help="write every verdict")


# -- the verbs ----------------------------------------------------------------------------------------------


def compare(args: argparse.Namespace) -> int:
    """Compare the sides of each scenario and write its report."""
    from workbench.experiments.check import load, receipts
    from workbench.experiments.compare import compare as compare_sides
    from workbench.experiments.sides import with_sides
    from workbench.fidelity.agreement import agreement
    from workbench.views.report import report, summary

    formats = _formats(args.format)
    for name in args.scenario:
        scenario = with_sides(load(name, _overrides(args)), [side for side in args.sides.split(",") if side])
        with Bar(scenario.name) as bar:
            comparison = compare_sides(scenario, replications=args.replications, seed=args.seed, progress=bar.show)
        files = report(
            comparison,
            args.out,
            formats=formats,
            language=args.lang,
            receipts=receipts(scenario),
            fidelity=agreement(),
            overrides=_overrides(args),
        )
        print(summary(comparison, args.lang, shutil.get_terminal_size((0, 0)).columns))
        for file in files:
            print(f"  {file}")
    return 0


def run(args: argparse.Namespace) -> int:
    """Run one side once; write its trace or say how to."""
    from workbench.experiments.check import load
    from workbench.experiments.run import run as run_side

    scenario = load(args.scenario, _overrides(args))
    with Bar(f"{scenario.name} ({args.on})") as bar:
        trace = run_side(scenario, args.on, seed=args.seed, progress=bar.show)
    if args.trace is not None:
        with _writing(args.trace):
            files = trace.write(args.trace)
        for file in files:
            print(file)
    rows = {name: len(table) for name, table in trace.tables.items() if len(table)}
    print(", ".join(f"{name}: {count}" for name, count in rows.items()))
    print(f"sha256 {trace.digest()}")
    return 0


def size(args: argparse.Namespace) -> int:
    """Print how many machines each side needs; 0 if every side can do with those allowed."""
    from workbench.experiments.check import load
    from workbench.experiments.sizing import size as search
    from workbench.views.sizing import lines

    scenario = load(args.scenario, _overrides(args) | ({} if args.seed is None else {"seed": args.seed}))
    _make_room(args.json)
    path = "" if args.pool is None else f"cluster.pools.{args.pool}.count"
    with Bar(scenario.name) as bar:
        found = search(
            scenario, args.goal, path=path, low=args.low, high=args.high, share=args.share,
            confidence=args.confidence, progress=bar.show,
        )  # fmt: skip
    for line in lines(found, _texts(args).about(scenario)):
        print(line)
    if args.json is not None:
        _write(args.json, json.dumps(found.as_json(), indent=1) + "\n")
    return 0 if all(one.machines is not None for one in found.sizes) else 1


def explain(args: argparse.Namespace) -> int:
    """Print why a pod or task waits, or is where it is."""
    from workbench.experiments.check import load
    from workbench.formats.durations import parse_duration
    from workbench.model.clock import to_seconds
    from workbench.views.explaining import explain as explain_task

    at = None if args.at is None else to_seconds(parse_duration(args.at, "--at"))
    scenario = load(args.scenario, _overrides(args))
    print(explain_task(scenario, args.on, args.name, at, seed=args.seed, language=args.lang))
    return 0


def check(args: argparse.Namespace) -> int:
    """Print what is made of each file, or every fault in it."""
    from workbench.experiments.check import check as check_file
    from workbench.views.receipts import lines

    texts, code = _texts(args), 0
    for path in args.file:
        try:
            with Bar(path.name) as bar:
                checked = check_file(path, bar.show)
        except InputError as error:
            _complain(texts.error(error))
            code = 2
            continue
        for line in lines(checked, texts):
            print(line)
    return code


def fidelity(args: argparse.Namespace) -> int:
    """Print the agreement with records of the real systems; 0 only if all agree."""
    from workbench.fidelity import run_fidelity

    _make_room(args.json)
    outcome = run_fidelity(args.path)
    for line in outcome.lines():
        print(line)
    if args.json is not None:
        _write(args.json, json.dumps(outcome.as_json(), indent=1, sort_keys=True) + "\n")
    return 0 if outcome.all_agree else 1


def parameters(args: argparse.Namespace) -> int:
    """Print every declared setting."""
    from workbench.engines.catalogue import PARAMETERS

    texts = _texts(args)
    for path, one in PARAMETERS.items():
        span = ", ".join(one.choices) if one.choices else _span(texts, one.low, one.high)
        default = f"{one.default:.12g}" if isinstance(one.default, float) else one.default
        print(f"{path} = {default} {texts.template(one.unit)}".rstrip() + (f"  ({span})" if span else ""))
        print(f"    {texts('; ').join((texts(one.help), one.source))}")
    return 0


# -- help for the verbs -------------------------------------------------------------------------------------


class Bar:
    """A progress bar on standard error, only where somebody watches, only for work that takes a while."""

    WIDTH = 30

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = stream or sys.stderr
        self._watched = self._stream.isatty()
        self._shown = -1

    def __enter__(self) -> Bar:
        return self

    def show(self, fraction: float) -> None:
        """Draw the bar at a fraction from 0 to 1."""
        percent = int(100 * fraction)
        if self._watched and percent != self._shown:
            self._shown = percent
            full = int(self.WIDTH * fraction)
            self._stream.write(f"\r{self._title}  [{'#' * full}{'.' * (self.WIDTH - full)}] {percent:3d} %")
            self._stream.flush()

    def __exit__(self, *_: object) -> None:
        if self._shown >= 0:
            self._stream.write("\r\033[K")
            self._stream.flush()


def _texts(args: argparse.Namespace) -> Any:
    from workbench.views.i18n import Texts

    return Texts(args.lang)


def _complain(text: str) -> None:
    print(text, file=sys.stderr)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Say what cannot be written, and why, instead of raising."""
    try:
        yield
    except OSError as error:
        raise InputError(Problem("file-unwritable", path.name, {"why": error.strerror or "-"})) from error


def _make_room(path: Path | None) -> None:
    """Make the folder of a file before the work begins whose outcome it is to hold."""
    if path is not None:
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all; what is no file, like ``/dev/stdout``, is written to and stays what it is."""
    from workbench.views.report.files import write_whole

    with _writing(path):
        if path.is_symlink() or (path.exists() and not path.is_file()):
            path.write_text(text, encoding="utf-8")
        else:
            write_whole({path: text})


def _overrides(args: argparse.Namespace) -> dict[str, Any]:
    from workbench.experiments.check import parse_overrides

    return parse_overrides(args.set)


def _formats(text: str) -> tuple[str, ...]:
    from workbench.errors import ScenarioError, unknown_value

    asked = tuple(part.strip() for part in text.split(",") if part.strip())
    wrong = [unknown_value(part, FORMATS, "--format") for part in asked if part not in FORMATS]
    if wrong or not asked:
        raise ScenarioError(wrong or [unknown_value(text, FORMATS, "--format")])
    return asked


def _span(texts: Any, low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return str(texts("{low} to {high}", low=f"{low:.12g}", high=f"{high:.12g}"))
    return "" if high is None and low is None else f">= {low:.12g}" if low is not None else f"<= {high:.12g}"


if __name__ == "__main__":
    sys.exit(main())
