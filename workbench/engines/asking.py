"""Asking what somebody wrote in a notebook: what it is called, what it raised and where, what its text is."""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
import traceback
from typing import Any


def name_of(plugin: Any) -> str:
    """Return the name of a plugin: its own, or that of its class."""
    return plugin.name or type(plugin).__name__


def written(plugin: Any) -> str:
    """Return a plugin as it was handed over: its class, or the call that made it, with dots where nobody knows how."""
    if isinstance(plugin, type):
        return plugin.__name__
    said = repr(plugin)
    if not said.startswith("<"):  # as those of objects do that say nothing of themselves
        return said
    return f"{type(plugin).__name__}({'...' if getattr(plugin, '__dict__', True) else ''})"


def raised(error: Exception, method: str, base: type) -> dict[str, Any]:
    """Return what is to be said of an exception: where in the plugin it arose, or how the plugin is to be written.

    Parameters
    ----------
    error : Exception
        Caught where the plugin was asked.
    base : type
        The class that says how the method is to be written.
    """
    _, *below = traceback.extract_tb(error.__traceback__)  # the first is where the plugin was asked
    where = next((one for one in reversed(below) if one.filename == below[0].filename), None)
    if where is None:
        signature = inspect.signature(getattr(base, method))
        names = "(" + ", ".join(signature.parameters) + ")"
        return {"message": str(error), "method": method, "signature": names}
    return {"error": type(error).__name__, "message": str(error), "line": where.lineno, "code": where.line or "?"}


def shown(value: object) -> str:
    """Return a value as Python has it, cut to a readable length."""
    said = repr(value)
    return said if len(said) <= 60 else f"{said[:57]}..."


def source_of(kind: type) -> str:
    """Return the text of a class, also of one that was typed into a notebook."""
    functions = (one for one in vars(kind).values() if inspect.isfunction(one))
    for function in functions:
        text = "".join(linecache.getlines(function.__code__.co_filename))
        try:
            tree = ast.parse(text)
        except SyntaxError:  # cells may hold commands of the notebook; then the method itself has to do
            return textwrap.dedent("".join(inspect.getsourcelines(function)[0])).rstrip()
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
                return textwrap.dedent(ast.get_source_segment(text, node, padded=True) or "").rstrip()
    return ""
