"""The model held against records of the real systems. Nothing here decides anything itself.

| A reader asks | and opens |
|---|---|
| Which files are records, and what is a case? | `records.py` |
| What does agreement mean, how is it counted and shown? | `verdicts.py` |
| What is left out of the count, and why? | `not_applicable.py` |
| How is a case put to the model? | `adapters/` |
| What agrees at present? | `agreement.json`, read by `agreement.py` |
"""

from workbench.fidelity.adapters import run_fidelity
from workbench.fidelity.verdicts import Report, Verdict

__all__ = ["Report", "Verdict", "run_fidelity"]
