"""Everything that can be run and adjusted, gathered: control planes, parameters, fields of users' files.

Adding a control plane takes its package and one line in `CONTROL_PLANES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.engines.disks import DiskParameters
from workbench.engines.images import ImageParameters
from workbench.engines.protocol import ControlPlane
from workbench.engines.world import TaskParameters
from workbench.model.parameters import Registry
