"""Pictures and words: what a reader sees. Nothing here changes a result.

| A reader asks | and opens |
|---|---|
| How is a number written for people? A choice of a setting? A kind of app? | `amounts.py`, `choices.py`, `kinds.py` |
| Where does the sentence with the finding come from? | `sentences.py`; of more than two sides `against.py` |
| In which settings do the sides differ? | `differences.py` |
| What is a fault called, or a change during a run? | `faults.py`, `changes.py` |
| What does `workbench check` say? `workbench size`? | `receipts.py`, `sizing.py` |
| What happened behind a mark of what survives what? | `survival_story.py` |
| Why is a pod or task where it is? | `explaining/` |
| What is on the report's first page, and behind it? | `report/` |
| How is this said in Chinese? | `i18n/` |
| How is a picture drawn? | `figures/` |
| What moves in a notebook? | `widgets/` |
"""
