"""Frameworks: the second level of scheduling. Each is handed offers and picks work for them.

| A reader asks | and opens |
|---|---|
| What does every framework do? How long does it think? | `base.py` |
| How are services kept running? | `marathon.py`, `run_spec.py`, `marathon_instances.py` |
| Which instance gets which offer? When does a constraint hold? | `marathon_matching.py`, `marathon_constraints.py` |
| How long does a failing app wait? | `marathon_backoff.py` |
| When are offers asked for, and when not? | `marathon_revive.py` |
| What is reserved for a resident instance? | `marathon_residency.py` |
| How does a new version take the place of the old one? | `marathon_upgrade.py` |
| Who is stopped when an app shrinks? | `marathon_scaling.py`, `marathon_kill_selection.py` |
| How are instances stopped? | `marathon_kills.py` |
| In which order are several apps changed? When is a change refused? | `marathon_plan.py`, `marathon_deployments.py` |
| What does a step of a deployment do? | `marathon_actions.py` |
| What becomes of an instance that never serves? | `marathon_health.py` |
| Who scales an app by its load? | `marathon_autoscale.py` |
| How do batch tasks get onto offers? | `batch.py` |
| What does Spark hold, and for how long? | `spark.py`, fine-grained `spark_fine.py` |
| How do all ranks of a program start at once? | `mpi.py` |
| What starts by the clock, and what after something else? | `chronos.py` |
| What are slots, and when are they given back? | `hadoop.py` |
| What is reserved on an agent, and how is it found again? | `footprint.py` |
| What do frameworks have in common that run one cluster with data each? | `service.py` |
| In which order does a dcos-commons service start its pods? | `sdk.py`, `sdk_plan.py` |
| When does it replace one? | `sdk_recovery.py` |
| What has it reserved, and for whom? | `sdk_footprints.py` |
| Where may a Kafka broker be started again, and when? | `kafka.py`, `kafka_broker.py` |
"""
