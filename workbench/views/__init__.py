"""Pictures and words: what a reader sees. Nothing here changes a result.

| A reader asks | and opens |
|---|---|
| How is a number written for people? | `amounts.py` |
| Where does the sentence with the finding come from? | `sentences.py` |
| What is a change during a run called? | `changes.py` |
| What is on the report's first page? | `report/` |
| How is this said in Chinese? | `i18n/` |
| How is a picture drawn? | `figures/` |
"""
