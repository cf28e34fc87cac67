"""The fixtures of the tests against a real cluster, for the image in it."""

from cluster.conftest import _alone_or_beside_others, cluster, namespace

__all__ = ["_alone_or_beside_others", "cluster", "namespace"]
