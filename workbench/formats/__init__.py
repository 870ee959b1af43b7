"""Documents in and out: the only place that knows a file format.

| A reader asks | and opens |
|---|---|
| How is a text read safely, and where does a value stand in it? | `text.py`, `places.py` |
| What is 500m, 4Gi, 1e3? | `quantities.py` |
| How is a Kubernetes manifest read? | `kubernetes_manifest.py` |
| What does a workload become for other control planes? | `kubernetes_apps.py`, `kubernetes_carried.py` |
| How is a manifest passed on without its secrets? | `kubernetes_redaction.py` |
| What may stand in a scenario file, and what becomes of it? | `scenario_document.py`, `scenario_yaml.py` |
| How does `--set apps.web.replicas=8` reach it? | `scenario_override.py` |
| What is 90s, 1h30min? | `durations.py` |
| How is Marathon JSON read? | `marathon_json.py`, `marathon_rules.py` |
| What does a Marathon app become for other control planes? | `marathon_apps.py`, `marathon_carried.py` |
| What became of each field of a file? | `receipt.py` |
"""
