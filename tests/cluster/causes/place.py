"""Where a cause is made: the clients, the namespace, and what has to be cleaned up outside of it."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.client.watch import Feed
from cajajejo.cluster.explain import Code, Observation, State
from cajajejo.cluster.follow.observe import observe
from cluster.node import TestCluster

Json = dict[str, Any]

GPU = "cajajejo.test/gpu"
"""A GPU that only these tests know of: those of the node are for the others."""


@dataclass
class Place:
    """A namespace of a cluster, and the way to it.

    Attributes:
        cluster: The cluster.
        api: Our own client.
        namespace: The test's own.
        image: An image that is on the node.
        closing: What to undo outside the namespace.
    """

    cluster: TestCluster
    api: Api
    namespace: str
    image: str
    closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def create(self, kind: str, body: Json, namespace: str | None = None) -> Json:
        """Makes an object of the namespace."""
        return self.api.create(in_namespace(namespace or self.namespace, kind), body)

    def create_outside(self, path: str, body: Json) -> Json:
        """Makes an object without a namespace; it goes when the test ends."""
        made = self.api.create(path, body)
        self.closing.callback(self.remove, f"{path}/{made['metadata']['name']}")
        return made

    def remove(self, path: str) -> None:
        """Deletes an object, at once."""
        from cajajejo.errors import MissingError

        with contextlib.suppress(MissingError):
            self.api.delete(path, grace_s=0)

    def own_name(self, prefix: str) -> str:
        """A name for an object without a namespace that no other test has."""
        return f"{prefix}-{secrets.token_hex(4)}"

    def core(self) -> Any:
        """The official client, for what ours does not do."""
        from kubernetes.client import CoreV1Api

        return CoreV1Api(self.closing.enter_context(self.cluster.client()))

    def node(self) -> str:
        """The name of a node that is ready."""
        nodes = self.api.get("/api/v1/nodes")["items"]
        return next(
            str(node["metadata"]["name"])
            for node in nodes
            if any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"]["conditions"])
            and not node["metadata"].get("labels", {}).get("cajajejo.test/ghost")
        )

    def give_gpu(self, count: int = 1) -> None:
        """Gives the node GPUs of the kind that only these tests know of."""
        patch = [{"op": "add", "path": f"/status/capacity/{GPU.replace('/', '~1')}", "value": str(count)}]
        self.core().patch_node_status(self.node(), patch)

    def observe(self, job: str) -> Observation:
        """What there is to see of a job now."""
        return observe(self.api, self.namespace, job)

    def changes(self, timeout_s: float) -> Iterator[None]:
        """Yields at once, and again whenever something in the namespace has changed, until the time is over."""
        import time

        deadline = time.monotonic() + timeout_s
        sources = {kind: (in_namespace(self.namespace, kind), {}) for kind in ("jobs", "pods", "events")}
        with Feed(self.api, sources) as feed:
            yield
            while (left_s := deadline - time.monotonic()) > 0:
                if feed.next(min(left_s, 2.0)) is not None:
                    while feed.next(0.05) is not None:
                        pass
                # Time alone may also change a verdict.
                yield


@dataclass(frozen=True)
class Cause:
    """A way to keep a job from going on.

    Attributes:
        name: What it is called in the corpus.
        make: Makes it and returns the job's name.
        code: The verdict that is right in the end.
        state: The state that is right in the end.
        on_the_way: Codes that are right before that, apart from healthy ones.
        later_s: Seconds to look into the future by: what only time makes a fault.
        needs_node: Whether it needs the node of `scripts/test-cluster`.
        played: Whose part the test plays.
        saying: What the headline must hold, where the code alone would not tell this cause from others.
    """

    name: str
    make: Callable[[Place], str]
    code: Code
    state: State
    on_the_way: tuple[Code, ...] = ()
    later_s: float = 0.0
    needs_node: bool = False
    played: str = ""
    saying: str = ""
