"""What moves in a notebook: small widgets, each of which does one thing, and the thread that works for them.

| A reader asks | and opens |
|---|---|
| What does a notebook show, put together? | `panel/` |
| Where is the cliff, and what buys what? | `cliff.py`, `trade_off.py`, both a `sweep_chart.py` |
| Is it worth to wait for data nearby? | `locality.py` |
| Fairness to play with? | `playground.py` |
| What survives what, and how many machines does it take? | `survives.py`, `sizing.py` |
| How does a figure reach the browser, and a click on it come back? | `chart.py` |
| Where does a run happen, so that sliders stay live? | `runner.py`; what those who wait for it share: `working.py` |
| How does one time line move both sides? | `scrubber_clock.py` |
| How are the dots of a difference shown? | `dots.py` |
| How is a file saved? | `download.py` |
| What does the browser's half look like? | `static/`, read by `browser.py` |

Widgets hold no words of their own: whoever makes one gives it words in the reader's language, and gives it others when
the language changes. Nothing here is imported before it is used: the model runs without the notebook's packages.
"""
