"""Every template that a reader may see, gathered from where it is written: the keys a catalogue must have.

Templates stand as literals in calls of a `Texts` (``t("...")``) in the views, the command line and the page templates,
in the tables of errors, reasons, metrics, phases and trace columns, and in the declarations of the engines.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from workbench.views.i18n import WORDS

PACKAGE = Path(__file__).parents[2]

CALLED = ("t", "texts", "_texts()", "Texts()")
"""What a `Texts` looks like where it is called."""

NOTED = ("approximated", "ignored")
"""Functions that take the note of a treatment."""

Message = tuple[str, str]
"""A template and where it is used."""


def collect() -> dict[str, list[str]]:
    """Return every template with the places that use it, both sorted."""
    found: dict[str, set[str]] = {}
    for template, place in (*_called(), *_page_templates(), *_words(), *_tables(), *_declared()):
        if template:
            found.setdefault(template, set()).add(place)
    return {template: sorted(found[template]) for template in sorted(found)}


def _sources(*patterns: str) -> Iterator[tuple[str, str]]:
    """Yield (path inside the package, text) of the files that match."""
    for path in sorted({path for pattern in patterns for path in PACKAGE.glob(pattern)}):
        yield path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")


def _nodes(*patterns: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield (file, node) for every node of the Python files that match."""
    for place, text in _sources(*patterns):
        yield from ((place, node) for node in ast.walk(ast.parse(text)))


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Call):
        return f"{_name(called.func)}()"
    return called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")


def _strings(node: ast.expr) -> Iterator[str]:
    """Yield a literal; of a choice between literals, each."""
    if isinstance(node, ast.IfExp):
        yield from _strings(node.body)
        yield from _strings(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _called() -> Iterator[Message]:
    for place, node in _nodes("views/**/*.py", "cli.py"):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in CALLED:
            yield from ((template, place) for template in _strings(node.args[0]))


def _page_templates() -> Iterator[Message]:
    from jinja2 import Environment, nodes

    environment = Environment()
    for place, text in _sources("views/**/*.html", "views/**/*.md"):
        for call in environment.parse(text).find_all(nodes.Call):
            named = isinstance(call.node, nodes.Name) and call.node.name in CALLED
            if named and call.args and isinstance(call.args[0], nodes.Const):
                yield call.args[0].value, place


def _words() -> Iterator[Message]:
    """Yield our own words among the arguments of problems, and the notes of treatments."""
    for place, node in _nodes("**/*.py"):
        if isinstance(node, ast.Call):
            yield from ((word, place) for word in _words_of_call(node))
        elif isinstance(node, ast.Dict):
            yield from ((word.strip(), place) for word in _words_of_mapping(node))


def _words_of_call(call: ast.Call) -> Iterator[str]:
    name = _name(call.func)
    if name == "no_such" and len(call.args) >= 3:
        yield from _strings(call.args[2])
    if name in NOTED and call.args:
        yield from _strings(call.args[0])
    for keyword in call.keywords:
        if keyword.arg in WORDS and keyword.arg != "unit":
            yield from _strings(keyword.value)


def _words_of_mapping(args: ast.Dict) -> Iterator[str]:
    for key, value in zip(args.keys, args.values, strict=True):
        if isinstance(key, ast.Constant) and key.value in WORDS:
            yield from _strings(value)


def _tables() -> Iterator[Message]:
    from workbench.errors import TEXTS
    from workbench.experiments import reaction
    from workbench.experiments.metrics import METRICS
    from workbench.experiments.phases import PHASES
    from workbench.formats.places import SHAPES
    from workbench.formats.receipt import SUMMARY
    from workbench.formats.scenario_problems import WANTED
    from workbench.formats.text import ADVICE, OPENED
    from workbench.formats.yaml_scalars import KINDS
    from workbench.model.reasons import REASONS
    from workbench.model.trace import TABLES
    from workbench.views.explaining.outline import OUTCOMES

    yield from ((text, "views/explaining/outline.py") for text in OUTCOMES.values())
    yield SUMMARY, "formats/receipt.py"
    yield from ((text, "formats/places.py") for text in SHAPES)
    yield from ((text, "formats/scenario_problems.py") for text in WANTED.values())
    yield from ((text, "formats/text.py") for text in (*ADVICE.values(), *OPENED.values()))
    yield from ((text, "formats/yaml_scalars.py") for text in KINDS)
    yield from ((text, "errors.py") for text in TEXTS.values())
    yield from ((text, "model/reasons.py") for text in REASONS.values())
    yield from ((text, "experiments/phases.py") for text in PHASES.values())
    yield from ((text, "experiments/reaction.py") for text in reaction.PHASES.values() if text not in PHASES.values())
    for metric in METRICS.values():
        yield metric.title, metric.place
        yield metric.meaning, metric.place
    for columns in TABLES.values():
        yield from ((column.meaning, "model/trace.py") for column in columns)


def _declared() -> Iterator[Message]:
    from workbench.engines.catalogue import CONTROL_PLANES, PARAMETERS

    for one in PARAMETERS.values():
        yield one.help, f"parameter {one.path}"
        yield one.unit, "units of parameters"
    for name, entry in CONTROL_PLANES.items():
        yield from ((treatment.note, f"{name}: {field}") for field, treatment in entry.treatments.items())
