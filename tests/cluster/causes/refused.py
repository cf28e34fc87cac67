"""Causes by which no pod is made."""

from cajajejo.cluster.explain import Code, State

from .manifests import eval_of, job, pod_of, submit
from .place import Cause, Place


def service_account(place: Place) -> str:
    body = job(place)
    pod_of(body)["serviceAccountName"] = "defualt"
    return submit(place, body)


def quota(place: Place) -> str:
    hard = {"requests.cpu": "1", "requests.memory": "1Gi"}
    place.create("resourcequotas", {"metadata": {"name": "compute"}, "spec": {"hard": hard}})
    body = job(place)
    eval_of(body)["resources"] = {"requests": {"cpu": "4", "memory": "16Gi"}}
    return submit(place, body)


def quota_wants_limits(place: Place) -> str:
    place.create("resourcequotas", {"metadata": {"name": "compute"}, "spec": {"hard": {"limits.cpu": "8"}}})
    return submit(place, job(place))


def limit_range(place: Place) -> str:
    limits = [{"type": "Container", "max": {"memory": "8Gi"}}]
    place.create("limitranges", {"metadata": {"name": "small"}, "spec": {"limits": limits}})
    body = job(place)
    eval_of(body)["resources"] = {"requests": {"memory": "16Gi"}, "limits": {"memory": "16Gi"}}
    return submit(place, body)


def pod_security(place: Place) -> str:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    place.api.merge_patch(f"/api/v1/namespaces/{place.namespace}", {"metadata": {"labels": labels}})
    return submit(place, job(place))


def priority_class(place: Place) -> str:
    body = job(place)
    pod_of(body)["priorityClassName"] = "urgnet"
    return submit(place, body)


def webhook_unreachable(place: Place) -> str:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    here = {"matchLabels": {"kubernetes.io/metadata.name": place.namespace}}
    webhook = {
        "name": "validate.policies.example.com",
        "rules": [rule],
        "namespaceSelector": here,
        "clientConfig": {"url": "https://127.0.0.1:1/validate"},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "timeoutSeconds": 2,
    }
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    place.create_outside(path, {"metadata": {"name": place.own_name("policies")}, "webhooks": [webhook]})
    return submit(place, job(place))


def admission_policy(place: Place) -> str:
    name, path = place.own_name("images"), "/apis/admissionregistration.k8s.io/v1"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    check = {"expression": "false", "message": "only images of the company's registry may run"}
    spec = {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": [rule]}, "validations": [check]}
    place.create_outside(f"{path}/validatingadmissionpolicies", {"metadata": {"name": name}, "spec": spec})
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": place.namespace}}}
    binding = {"policyName": name, "validationActions": ["Deny"], "matchResources": here}
    place.create_outside(f"{path}/validatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": binding})
    _wait_for_policy(place)
    return submit(place, job(place))


def suspended(place: Place) -> str:
    return submit(place, job(place, suspend=True))


def _wait_for_policy(place: Place) -> None:
    """A new policy holds after a moment: a dry run tells."""
    from cajajejo.cluster.client.paths import in_namespace
    from cajajejo.errors import ClusterError

    pod = {"metadata": {"generateName": "try-"}, "spec": {"containers": [{"name": "a", "image": place.image}]}}
    for _ in place.changes(20):
        try:
            place.api.create(in_namespace(place.namespace, "pods"), pod, dry_run=True)
        except ClusterError:
            return
    raise TimeoutError("the policy never held")


CAUSES = (
    Cause("service-account-missing", service_account, Code.SERVICE_ACCOUNT_MISSING, State.PENDING),
    Cause("quota", quota, Code.QUOTA_EXCEEDED, State.PENDING),
    Cause("quota-wants-limits", quota_wants_limits, Code.POD_REFUSED, State.PENDING),
    Cause("limit-range", limit_range, Code.LIMIT_RANGE, State.PENDING),
    Cause("pod-security", pod_security, Code.POD_SECURITY, State.PENDING),
    Cause("priority-class-missing", priority_class, Code.PRIORITY_CLASS_MISSING, State.PENDING),
    Cause("webhook-unreachable", webhook_unreachable, Code.WEBHOOK_REFUSED, State.PENDING),
    Cause("admission-policy", admission_policy, Code.POD_REFUSED, State.PENDING),
    Cause("suspended", suspended, Code.SUSPENDED, State.QUEUED),
)
