"""docs/jobs.md says all that there is, and nothing that there is not."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from cajajejo.cluster.explain.verdict import Code
from cajajejo.config.job import EvaluationJobConfig
from cajajejo.config.schema import job_schema
from cajajejo.tracking.evaluation_tags import seed_tags
from cajajejo.workplace.settings import Settings
from commands import DEBUG_CONFIG, ROOT

PAGE = ROOT / "docs" / "jobs.md"
TEXT = PAGE.read_text(encoding="utf-8")


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.fixture(scope="module")
def doc_tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("doc_tables", ROOT / "scripts" / "doc_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_code_of_why_is_there_and_no_other() -> None:
    rows = re.findall(r"^\| ((?:`[A-Z_]+`(?:, )?)+) \|", section("Troubleshooting"), re.MULTILINE)
    shown = [code for row in rows for code in re.findall(r"[A-Z_]+", row)]
    assert sorted(shown) == sorted(code.value for code in Code)


def test_every_tag_is_there_and_no_other() -> None:
    from cajajejo.config import load_job_config

    config: EvaluationJobConfig = load_job_config(DEBUG_CONFIG).value
    where = dict.fromkeys(("config_git_sha", "config_path_git_repo", "helm_config_path_git_repo", "job_name"), "x")
    tags = seed_tags(config, **where)
    shown = re.findall(r"^\| `([a-z_]+)` \|", section("What the job does"), re.MULTILINE)
    assert shown == list(tags)


def test_every_setting_of_invoke_is_named() -> None:
    example = (ROOT / "invoke.yaml.example").read_text(encoding="utf-8")
    assert [name for name in Settings.__dataclass_fields__ if f"\n  {name}:" not in example] == []


def test_the_tables_are_up_to_date(doc_tables: ModuleType) -> None:
    assert doc_tables.renewed(TEXT) == TEXT, "renew them with: scripts/docs"


def test_the_check_notices_a_table_that_is_not(doc_tables: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "jobs.md"
    page.write_text(TEXT.replace("| `compute_config.cpu` | a", "| `compute_config.cpus` | a"))
    assert doc_tables.main(["--check"], page) == 1
    assert doc_tables.main([], page) == 0
    assert page.read_text() == TEXT
    assert doc_tables.main(["--check"], page) == 0


def test_every_field_of_the_schema_has_a_row() -> None:
    def keys(schema: dict[str, object], above: str = "") -> list[str]:
        found = []
        for name, inner in dict(schema.get("properties") or {}).items():
            found.append(f"{above}{name}")
            found += keys(inner, f"{above}{name}.")
            if isinstance(items := inner.get("items"), dict):
                found += keys(items, f"{above}{name}[].")
            if isinstance(each := inner.get("additionalProperties"), dict):
                found += keys(each, f"{above}{name}.NAME.")
        return found

    shown = re.findall(r"^\| `([^`]+)` \|", section("Every config field"), re.MULTILINE)
    assert shown == keys(job_schema())


def test_the_drawing_has_every_command_of_the_way() -> None:
    (drawing,) = re.findall(r"```mermaid\n(.*?)```", TEXT, re.DOTALL)
    names = ("build-and-push-job-image", "parse-job", "submit-job", "submit-evaluation-job", "get-job-logs")
    assert [name for name in names if name not in drawing] == []
    assert drawing.count("subgraph") == drawing.count("\n  end")


def test_every_task_that_is_named_exists() -> None:
    tasks = set(re.findall(r"^def ([a-z_]+)\(", (ROOT / "tasks.py").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\binvoke (?:--help )?([a-z][a-z-]+)", TEXT))
    assert {name.replace("-", "_") for name in named} <= tasks


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_the_script_says_that_all_is_well() -> None:
    done = subprocess.run(["scripts/docs", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    if "No such file" in done.stderr:
        pytest.skip("there is no .venv here")
    assert done.returncode == 0, done.stderr
