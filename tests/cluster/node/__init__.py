"""The cluster that the tests run against, and the node that they may disturb."""

from .cluster import TestCluster
from .server import NodeServer

__all__ = ["NodeServer", "TestCluster"]
