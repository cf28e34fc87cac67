"""What a pod says of itself."""

from pathlib import Path

from api_server import Reply, Request, serving, status
from cajajejo.cluster.follow.pod_progress import PodProgress, events_of_lines, log_tail, read_progress
from cajajejo.pod_protocol import PodEvent
from job_objects import POD, ended, pod, running, waiting

STEP = PodEvent("step", 5.0, {"text": "loading the model"})
RUN = PodEvent("run", 6.0, {"uri": "http://m:5000", "url": "http://m:5000/#/experiments/3/runs/abc"})


def test_events_are_found_among_the_lines_of_people() -> None:
    lines = ["loading", STEP.to_line(), '{"cajajejo": "event", torn', RUN.to_line(), ""]
    assert events_of_lines(lines) == (STEP, RUN)


def test_both_containers_are_read_where_they_have_run(tmp_path: Path) -> None:
    said = {"init": PodEvent("phase", 1.0, {"phase": "weights"}), "eval": STEP}

    def answer(request: Request) -> Reply:
        assert request.path == f"/api/v1/namespaces/here/pods/{POD}/log"
        return Reply(body=f"words\n{said[request.query['container']].to_line()}\n")

    with serving(answer) as server, server.api(tmp_path) as api:
        both = read_progress(api, "here", pod(init=ended(0, 1), main=running(1)))
        only = read_progress(api, "here", pod(init=running(0), main=waiting("PodInitializing")))
    assert both == PodProgress((said["init"],), (said["eval"],))
    assert only == PodProgress((said["init"],), ())


def test_a_log_that_cannot_be_read_is_silence_at_once(tmp_path: Path) -> None:
    for reply in (status(500, "the node is lost"), status(403, "no", "Forbidden"), Reply(lines=["half"], cut=True)):
        with serving(reply) as server, server.api(tmp_path) as api:
            assert read_progress(api, "here", pod(main=running(1))) == PodProgress()
            assert len(server.seen) == 1


def test_a_log_full_of_other_words_is_read_further_back(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        chatter = "words\n" * int(request.query["tailLines"])
        return Reply(body=chatter if request.query["tailLines"] == "1000" else f"{STEP.to_line()}\n{chatter}")

    with serving(answer) as server, server.api(tmp_path) as api:
        assert read_progress(api, "here", pod(main=running(1))).evaluation == (STEP,)


def test_lines_end_only_where_they_end(tmp_path: Path) -> None:
    with serving(Reply(body="a\u2028b\x0cc\r\nd")) as server, server.api(tmp_path) as api:
        assert log_tail(api, "here", POD, "eval", lines=5) == ["a\u2028b\x0cc", "d"]


def test_the_page_of_the_run_is_the_last_that_was_told() -> None:
    old = PodEvent("run", 1.0, {"url": "http://old"})
    none = PodEvent("run", 9.0, {"url": None})
    assert PodProgress(evaluation=[old, RUN, none]).run_url == RUN.data["url"]
    assert PodProgress().run_url is None
