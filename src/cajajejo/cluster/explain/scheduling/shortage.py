"""Too little of a resource: which one, whether any node could ever have enough, and who holds it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from cajajejo.cluster.explain.amounts import is_gpu, resource_label, shown_amount, shown_number
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.scheduling.demand import asked_of_node, asked_text
from cajajejo.cluster.explain.scheduling.nodes import NodeRoom, matches, shortages, untolerated
from cajajejo.cluster.explain.scheduling.room_facts import holder_facts, room_facts
from cajajejo.cluster.explain.scheduling.scheduler_message import Obstacle, SchedulerMessage
from cajajejo.cluster.explain.verdict import Code, State, Verdict

__all__ = ["fitting_rooms", "too_little", "too_many_pods"]

_KEYS = {"cpu": "compute_config.cpu", "memory": "compute_config.memory"}
_CODES = {"cpu": Code.UNSCHEDULABLE_CPU, "memory": Code.UNSCHEDULABLE_MEMORY}


def fitting_rooms(pod: Json, rooms: Sequence[NodeRoom]) -> list[NodeRoom]:
    """Returns the nodes that only resources could keep the pod away from."""
    return [room for room in rooms if matches(room, pod) and not room.cordoned and not untolerated(room, pod)]


def too_little(scene: Scene, pod: Json, said: SchedulerMessage, rooms: Sequence[NodeRoom]) -> Verdict:
    """Returns the verdict on a pod for which the scheduler says that nodes have too little of something."""
    asked = asked_of_node(pod)
    fitting = fitting_rooms(pod, rooms)
    lacking = _lacking(said, fitting, asked)
    wanted = {name: asked[name] for name in lacking if name in asked}
    never = [name for name in lacking if fitting and all(shortages(room, asked).get(name, False) for room in fitting)]
    facts = [("asked", asked_text(pod, wanted or asked))]
    facts += room_facts(fitting, lacking)
    facts += [fact for name in lacking if name not in never for fact in holder_facts(fitting, name)]
    if fitting and any(not shortages(room, asked) for room in fitting):
        facts.append(("by now", "a node has room again; the scheduler tries anew by itself"))
    return Verdict(
        State.PENDING,
        _code(lacking),
        _headline(lacking, never, wanted, fitting),
        facts=facts,
        remedy=_remedy(scene, lacking, never, fitting, asked),
    )


def too_many_pods(scene: Scene, pod: Json, rooms: Sequence[NodeRoom]) -> Verdict:
    """Returns the verdict on a pod for which every node that fits has all the pods that it may have."""
    return Verdict(
        State.PENDING,
        Code.UNSCHEDULABLE_PODS,
        "every node that fits has as many pods as it may have",
        facts=[("asked", asked_text(pod)), *room_facts(fitting_rooms(pod, rooms), ["pods"])],
        remedy=["wait until other pods end, or add a node, or give up:", scene.cancel_command()],
    )


def _lacking(said: SchedulerMessage, fitting: Sequence[NodeRoom], asked: Mapping[str, Decimal]) -> list[str]:
    """The resources that every fitting node lacks; where each lacks something else, all that are lacking."""
    named = [name for name in said.subjects(Obstacle.RESOURCE) if name]
    common = [name for name in named if fitting and all(name in shortages(room, asked) for room in fitting)]
    if common:
        return common
    # Without a sight of the nodes the counts tell: a resource that is short wherever a node got that far.
    elsewhere = sum(each.nodes or 0 for each in said.reasons if each.obstacle is not Obstacle.RESOURCE)
    counts = {each.subject: each.nodes or 0 for each in said.reasons if each.obstacle is Obstacle.RESOURCE}
    return [name for name in named if counts.get(name, 0) >= said.nodes - elsewhere] or named


def _code(lacking: Sequence[str]) -> Code:
    if len(lacking) != 1:
        return Code.UNSCHEDULABLE_RESOURCES
    return Code.UNSCHEDULABLE_GPU if is_gpu(lacking[0]) else _CODES.get(lacking[0], Code.UNSCHEDULABLE_RESOURCES)


def _headline(
    lacking: Sequence[str], never: Sequence[str], wanted: Mapping[str, Decimal], fitting: Sequence[NodeRoom]
) -> str:
    asked = " and ".join(shown_amount(name, wanted[name]) for name in lacking if name in wanted)
    asked = asked or " and ".join(resource_label(name) for name in lacking)
    gpus = [name for name in never if is_gpu(name)]
    if gpus and not any(room.allocatable.get(gpus[0], Decimal(0)) for room in fitting):
        return f"no node that fits has any {gpus[0]}"
    return f"no node that fits has {asked}" if never else f"no node that fits has {asked} free"


def _remedy(
    scene: Scene,
    lacking: Sequence[str],
    never: Sequence[str],
    fitting: Sequence[NodeRoom],
    asked: Mapping[str, Decimal],
) -> list[str]:
    if not never and fitting and all(any(shortages(room, asked).values()) for room in fitting):
        # Each node is too small for something else.
        together = " and ".join(shown_amount(name, asked[name]) for name in lacking if name in asked)
        return scene.then(f"add a node that has {together}, or ask for less")
    if not never:
        return ["wait until what holds it ends, or add a node, or give up:", scene.cancel_command()]
    steps = []
    for name in never:
        most = max((room.allocatable.get(name, Decimal(0)) for room in fitting), default=Decimal(0))
        if is_gpu(name) and most == 0:
            steps.append(
                f"make sure that the nodes' GPU driver and device plugin run: they offer no {name}, "
                f"or {scene.set_key('compute_config.accelerator', 'to a kind of GPU that is there')}"
            )
        elif is_gpu(name):
            steps.append(scene.set_key("compute_config.gpus", f"to at most {most:f}"))
        elif name in _KEYS:
            change = f"to less than {shown_number(name, most)}, or add a bigger node"
            steps.append(scene.set_key(_KEYS[name], change))
        else:
            steps.append(f"add a node with more {resource_label(name)}")
    return scene.then(*steps) if lacking else steps
