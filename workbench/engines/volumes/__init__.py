"""Kinds of volumes: where each keeps its bytes, and what it takes to reach them. Part of the World, alike for all.

No kind says what it survives. It says where the bytes lie, and what happens to machines and directories does the rest.

| A reader asks | and opens |
|---|---|
| Where can bytes lie, and what ends them? | `places.py` |
| What is a kind asked, and how is one written? | `plugin.py` |
| emptyDir, hostPath, gitRepo, secret, configMap ...? | `directories.py` |
| nfs, iscsi, rbd, disks of clouds, CSI, local disks? | `network.py` |
| Sandbox, persistent and external volumes of Mesos? | `agents.py` |
| What is known of one volume in a run? | `volume.py` |
| Which kinds are there, and what of one written by a user? | `registry.py`, `guarded.py` |
| Which volumes are there in a run, and where? | `../disks.py` |
"""
