"""Control loops, one file each under upstream's name. Each sees the cluster through its watches and acts by writes.

| A reader asks | and opens |
|---|---|
| How does any controller work: queue, retries, calls? | `controller.py` |
| How does a Deployment make a ReplicaSet? | `deployment.py` |
| How does a lost pod come back? Why 1, 2, 4, 8 ...? | `replicaset.py` |
| How does a StatefulSet recover? | `statefulset.py` |
| When does a Job start its next pod? | `job.py` |
| Who gets a daemon pod? | `daemonset.py` |
| When is a dead node noticed? | `node_lifecycle.py` |
| When are its pods evicted? | `taint_eviction.py` |
| When do clients stop being sent to a pod? | `endpoints.py` |
| What becomes of the pods of something that was deleted? | `garbage_collector.py` |
| When is quota free again? | `resource_quota.py` |
| Who lets go of a disk? | `attach_detach.py` |
"""
