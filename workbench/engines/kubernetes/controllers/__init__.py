"""Control loops, one file each under upstream's name. Each sees the cluster through its watches and acts by writes.

| A reader asks | and opens |
|---|---|
| How does any controller work: queue, retries, calls? | `controller.py` |
| How does one version follow another? | `deployment.py` |
| How far may a rollout go in one step? | `deployment_rolling.py` |
| Which ReplicaSet gets how much of a new size? Which ones are kept? | `deployment_scaling.py` |
| What does a ReplicaSet remember of its Deployment? | `deployment_sets.py` |
| When is a rollout over, or stuck? | `deployment_progress.py` |
| How does a lost pod come back? Why 1, 2, 4, 8 ...? | `replicaset.py` |
| Which pods go first? | `deletion_ranking.py` |
| How does a StatefulSet recover? | `statefulset.py` |
| When does a Job start its next pod? | `job.py` |
| How long does it wait after a failure? | `job_backoff.py` |
| What does a Job make of a pod that failed? | `job_policies.py` |
| How far is a Job, and when is it over? | `job_progress.py` |
| Which index of a Job comes next? | `job_indexes.py` |
| Which of a Job's pods go where there are too many? | `job_removal.py` |
| Since when is a pod of a Job wanted? | `job_wanted.py` |
| When does a CronJob start? | `cronjob.py`, `cronjob_schedule.py` |
| When is a finished Job removed? | `ttl_after_finished.py` |
| Which member of a StatefulSet is made or goes next? | `stateful_set_control.py` |
| What does a StatefulSet remember? | `stateful_set_status.py` |
| Who gets a daemon pod? In which order do nodes get a new version? | `daemonset.py`, `daemonset_update.py` |
| Whose is a pod, and who may take it over? | `controller_ref.py`, `claims.py`; of ReplicaSets `deployment_claims.py` |
| When is a dead node noticed? | `node_lifecycle.py` |
| When are its pods evicted? | `taint_eviction.py` |
| And when are they removed, though it does not answer? | `pod_gc.py` |
| When does an autoscaler look? | `horizontal.py` |
| Who orders nodes, and gives them back? | `cluster_autoscaler.py`, `karpenter.py`; how they go `node_removal.py` |
| What if an order for a node fails? | `scale_up_requests.py` |
| When do clients stop being sent to a pod? | `endpoints.py` |
| What becomes of the pods of something that was deleted? | `garbage_collector.py` |
| How many pods may be taken away on purpose? | `disruption.py` |
| When is quota free again? | `resource_quota.py` |
| Who lets go of a disk? | `attach_detach.py` |
| Who makes the claims that live and die with a pod? | `ephemeral_volume.py` |
"""
