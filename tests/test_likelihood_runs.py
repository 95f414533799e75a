"""Runs of draws: the same numbers whoever works on them, whatever dies on the way."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import deadly_workers
import numpy as np
import pytest

import negotiation as ng
from negotiation.cli.likelihood import Bar
from negotiation.errors import InputError
from negotiation.formats.record_schema import output_schema
from negotiation.likelihood import driver, plan_of, summary
from negotiation.likelihood.plan import FAILED, Chunk, Plan, solved
from negotiation.likelihood.store import Results

GAME = ng.load("central")
ASKED = {"draws": 48, "indices": 0, "logit": 0, "tornado": False}


def small_chunks(**options) -> Plan:
    """A plan of many small chunks."""
    plan = plan_of(GAME, "central_settled", **{**ASKED, **options})
    return Plan(**{**plan.__getstate__(), "chunk": 8})


def same(one, other) -> bool:
    """Whether two results are the same to the last bit."""
    return one.rows.tobytes() == other.rows.tobytes() and one.mean == other.mean and (
        one.uncertainty == other.uncertainty and one.nominal == other.nominal)


@pytest.fixture(scope="module")
def undisturbed():
    plan = small_chunks()
    return summary(plan, driver.run(plan))


# ---- executors --------------------------------------------------------------------------------

class Backwards(Executor):
    """Works on the last chunk that it was given first."""

    def __init__(self) -> None:
        self.given: list = []

    def submit(self, function, /, *arguments, **named):
        future: Future = Future()
        self.given.append((future, function, arguments))
        if len(self.given) == 3 or arguments[1:3] == ("sample", 40):
            for late, work, what in self.given[::-1]:
                late.set_result(work(*what))
            self.given.clear()
        return future


@pytest.mark.parametrize("executor", [Backwards(), ThreadPoolExecutor(3)],
                         ids=["backwards", "threads"])
def test_any_executor_and_any_order_give_the_same_bits(executor, undisturbed):
    plan = small_chunks()
    found = summary(plan, driver.run(plan, executor=executor, workers=2))
    assert same(found, undisturbed)


def test_processes_give_the_same_bits(undisturbed):
    plan = small_chunks()
    assert same(summary(plan, driver.run(plan, workers=2)), undisturbed)


def test_a_worker_that_is_killed_costs_nothing(undisturbed):
    plan, killed = small_chunks(), []

    def kill_one(done, total):
        workers = multiprocessing.active_children()
        if done > 8 and not killed and workers:
            os.kill(workers[0].pid, signal.SIGKILL)
            killed.append(workers[0].pid)

    found = summary(plan, driver.run(plan, workers=2, progress=kill_one))
    assert killed and found.failed == 0
    assert same(found, undisturbed)


def test_a_chunk_that_kills_its_worker_once_is_solved(monkeypatch, tmp_path, undisturbed):
    monkeypatch.setenv("DEADLY_MARK", str(tmp_path / "mark"))
    monkeypatch.setattr(driver, "solve_chunk", deadly_workers.once)
    plan = small_chunks()
    assert same(summary(plan, driver.run(plan, workers=2)), undisturbed)
    assert (tmp_path / "mark").exists()


@pytest.mark.long
def test_a_chunk_that_always_kills_its_worker_is_set_aside_and_reported(monkeypatch, undisturbed):
    monkeypatch.setattr(driver, "solve_chunk", deadly_workers.always_at_sixteen)
    plan = small_chunks()
    found = summary(plan, driver.run(plan, workers=2))
    assert found.failed == 8
    assert [one.row for one in found.failures] == list(range(16, 24))
    assert found.failures[0].why == driver.GIVEN_UP and "died 3 times" in driver.GIVEN_UP
    others = np.r_[0:16, 24:48]
    assert found.rows[others].tobytes() == undisturbed.rows[others].tobytes()
    assert (found.rows["flags"][16:24] == FAILED).all()


@pytest.mark.long
def test_a_dask_cluster_one_of_whose_workers_is_killed_gives_the_same_bits(undisturbed):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=3, threads_per_worker=1, processes=True,
                                  host="127.0.0.1", dashboard_address=None) as cluster:
        executor, workers = driver.cluster(cluster.scheduler_address)
        assert workers == 3
        killed: list[int] = []

        def kill_one(done, total):
            if done > 8 and not killed:
                pid = next(iter(cluster.workers.values())).pid
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

        plan = small_chunks()
        found = summary(plan, driver.run(plan, executor=executor, workers=workers,
                                         progress=kill_one))
    assert killed
    assert same(found, undisturbed)


def test_nobody_at_an_address_is_one_message():
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match="no scheduler answers at"):
        driver.cluster("nonsense://nowhere")


def test_a_broken_executor_of_somebody_else_is_one_message(monkeypatch):
    from concurrent.futures.process import BrokenProcessPool

    class Broken(Executor):
        def submit(self, function, /, *arguments, **named):
            raise BrokenProcessPool("gone")

    with pytest.raises(InputError, match="executor is broken"):
        driver.run(small_chunks(), executor=Broken(), workers=1)


# ---- the results file -------------------------------------------------------------------------

def test_a_run_is_gone_on_with_to_the_same_bits(tmp_path, undisturbed):
    plan, path = small_chunks(), tmp_path / "draws"
    chunks = list(plan.chunks())
    with Results(path, plan) as store:
        for chunk in (chunks[4], chunks[0], chunks[2]):
            store.add(solved(plan, chunk))
    with Results(path, plan, resume=True) as store:
        assert [one.chunk for one in store.kept()] == [chunks[4], chunks[0], chunks[2]]
        found = summary(plan, driver.run(plan, results=store))
    assert same(found, undisturbed)
    with Results(path, plan, resume=True) as store:  # nothing is left to do
        assert len(store.kept()) == len(chunks)


@pytest.mark.parametrize("seed", range(12))
def test_a_file_torn_anywhere_is_gone_on_with_to_the_same_bits(seed, tmp_path, undisturbed):
    plan, path = small_chunks(), tmp_path / "draws"
    with Results(path, plan) as store:
        driver.run(plan, results=store)
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    cut = int(np.random.default_rng(seed).integers(first, len(whole)))
    path.write_bytes(whole[:cut])
    with Results(path, plan, resume=True) as store:
        kept = len(store.kept())
        found = summary(plan, driver.run(plan, results=store))
    assert kept < len(list(plan.chunks())) and same(found, undisturbed)
    assert len(path.read_bytes()) == len(whole)


def test_a_damaged_chunk_is_not_believed(tmp_path):
    plan, path = small_chunks(), tmp_path / "draws"
    with Results(path, plan) as store:
        driver.run(plan, results=store)
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(bytes(data))
    with Results(path, plan, resume=True) as store:
        assert len(store.kept()) == len(list(plan.chunks())) - 1


def test_a_results_file_says_what_it_is(tmp_path):
    plan, path = small_chunks(seed=7), tmp_path / "draws"
    Results(path, plan).__exit__()
    header = json.loads(path.read_bytes().splitlines()[0])
    assert header["format"] == "negotiation-results/1" and header["game"] == "central"
    assert header["digest"] == plan.digest and header["settings"]["seed"] == 7
    assert header["settings"]["version"] == ng.__version__


@pytest.mark.parametrize(("other", "message"), [
    (lambda: small_chunks(seed=5), "another seed: expected 5, found 0"),
    (lambda: small_chunks(draws=64), "another number of draws: expected 64, found 48"),
    (lambda: Plan(**{**small_chunks().__getstate__(),
                     "game": GAME.with_parameters(curvature=0.31)}), "of another game")])
def test_results_of_something_else_are_refused(other, message, tmp_path):
    path = tmp_path / "draws"
    Results(path, small_chunks()).__exit__()
    before = path.read_bytes()
    with pytest.raises(InputError, match=message):
        Results(path, other(), resume=True)
    assert path.read_bytes() == before


def test_results_of_another_version_are_refused(tmp_path):
    path = tmp_path / "draws"
    Results(path, small_chunks()).__exit__()
    path.write_bytes(path.read_bytes().replace(b'"version": "0.1.0"', b'"version": "0.0.9"'))
    with pytest.raises(InputError, match="another package version: expected '0.1.0', found"):
        Results(path, small_chunks(), resume=True)


def test_other_files_are_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("mine\n", encoding="utf-8")
    with pytest.raises(InputError, match="exists: give another name, or --resume"):
        Results(path, small_chunks())
    with pytest.raises(InputError, match="expected a results file of this program"):
        Results(path, small_chunks(), resume=True)
    with pytest.raises(InputError, match="cannot be opened: No such file"):
        Results(tmp_path / "nowhere" / "draws", small_chunks())
    assert path.read_text(encoding="utf-8") == "mine\n"


RUN = """
import resource, sys
import negotiation as ng
from negotiation.likelihood import driver
from negotiation.likelihood.plan import Plan
from negotiation.likelihood.store import Results
from test_likelihood_runs import small_chunks
plan = small_chunks()
limit = int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
def said(done, total):
    print(done, flush=True)
try:
    with Results(sys.argv[1], plan, resume=True) as store:
        driver.run(plan, results=store, progress=said)
except ng.InputError as error:
    sys.exit(str(error))
"""


def start(path: Path, limit: int = 0) -> subprocess.Popen:
    here = Path(__file__).parent
    return subprocess.Popen([sys.executable, "-c", RUN, str(path), str(limit)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, "PYTHONPATH": f"{here}{os.pathsep}{here.parent}"})


@pytest.mark.parametrize("after", [9, 25])
def test_a_process_killed_at_some_chunk_is_gone_on_with_to_the_same_bits(after, tmp_path,
                                                                        undisturbed):
    path = tmp_path / "draws"
    process = start(path)
    for line in process.stdout:
        if int(line) >= after:
            process.kill()
            break
    process.wait()
    process.stdout.close()
    process.stderr.close()
    plan = small_chunks()
    with Results(path, plan, resume=True) as store:
        assert 0 < len(store.kept()) < len(list(plan.chunks()))
        found = summary(plan, driver.run(plan, results=store))
    assert same(found, undisturbed)


LEFT = """
import os, sys
from negotiation.likelihood import driver
with driver._processes(1) as crew:
    print(crew.submit(os.getpid).result(), flush=True)
    sys.stdin.read()
"""


def test_no_worker_outlives_the_process_that_started_it(tmp_path):
    script = tmp_path / "start.py"
    script.write_text(f"if __name__ == '__main__':\n{textwrap.indent(LEFT, '    ')}",
                      encoding="utf-8")
    process = subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    worker = int(process.stdout.readline())
    os.kill(worker, 0)
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    until = time.monotonic() + 20.0
    while Path(f"/proc/{worker}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{worker}").exists()


@pytest.mark.long
def test_kills_at_random_times_until_a_run_is_done(tmp_path, undisturbed):
    path, rng, kills = tmp_path / "draws", np.random.default_rng(3), 0
    while True:
        process = start(path)
        wanted = int(rng.integers(1, 4))
        seen = 0
        for _ in process.stdout:
            seen += 1
            if seen > wanted:
                time.sleep(float(rng.uniform(0.0, 0.05)))
                process.kill()
                break
        done = process.wait() == 0
        process.stdout.close()
        process.stderr.close()
        if done:
            break
        kills += 1
        assert kills < 40
    plan = small_chunks()
    with Results(path, plan, resume=True) as store:
        assert len(store.kept()) == len(list(plan.chunks()))
        found = summary(plan, driver.run(plan, results=store))
    assert kills >= 2 and same(found, undisturbed)


def test_a_full_disk_is_one_message_and_what_was_finished_is_kept(tmp_path, undisturbed):
    path = tmp_path / "draws"
    process = start(path, limit=2000)
    out, error = process.communicate()
    assert process.returncode == 1
    assert "the results file cannot be written: File too large" in error
    assert "go on with --resume" in error and "Traceback" not in error
    plan = small_chunks()
    with Results(path, plan, resume=True) as store:
        assert len(store.kept()) == len(out.splitlines()) - 1 > 0
        found = summary(plan, driver.run(plan, results=store))
    assert same(found, undisturbed)


# ---- the command ------------------------------------------------------------------------------

def command(*words, **more):
    return subprocess.run([sys.executable, "-m", "negotiation", "likelihood", *words],
                          capture_output=True, text=True, **more)


def test_the_command_prints_what_its_schema_says():
    jsonschema = pytest.importorskip("jsonschema")
    out = command("issue-linkage", "both", "--draws", "256", "--json")
    assert out.returncode == 0, out.stderr
    record = json.loads(out.stdout)
    jsonschema.validate(record, output_schema("likelihood"))
    found = ng.likelihood(ng.load("issue-linkage"), "both", draws=256)
    assert record["mean"]["selected"] == found.mean.selected
    assert record["indices"]["gain_first"]["total"] == found.indices["gain_first"].total
    assert record["words"] == found.words


def test_failed_draws_make_the_status_say_so(tmp_path):
    path = tmp_path / "half.toml"
    path.write_text(ng.dumps(ng.load("issue-linkage")).replace(
        "rate = \"package_rate\"", "rate = \"package_rate - 0.4\""), encoding="utf-8")
    out = command(str(path), "both", "--draws", "32")
    assert out.returncode == 1
    assert "draws failed, and are in no summary" in out.stdout
    assert "Sobol indices are not given" in out.stdout


@pytest.mark.parametrize(("words", "message"), [
    (("central", "central_setled"), "did you mean 'central_settled'"),
    (("central", "central_settled", "--resume"), "--resume needs --results FILE"),
    (("central", "central_settled", "--save", "x.xls"), "ends in .csv or .parquet"),
    (("central", "central_settled", "--words", "icd"), "--words"),
    (("central", "central_settled", "--draws", "0"), "--draws")])
def test_wrong_words_give_one_message(words, message, tmp_path):
    out = command(*words, cwd=tmp_path)
    assert out.returncode == 2 and message in out.stderr and "Traceback" not in out.stderr
    assert not list(tmp_path.iterdir())


def test_a_parameter_that_is_set_is_not_drawn(tmp_path):
    out = command("issue-linkage", "both", "--draws", "32", "--set", "gain_first=2", "--save",
                  str(tmp_path / "draws.csv"))
    assert out.returncode == 0, out.stderr
    assert "gain_first" not in (tmp_path / "draws.csv").read_text(encoding="utf-8")


@pytest.mark.long
def test_an_interrupt_says_how_to_go_on(tmp_path):
    words = ["nrnap", "pact", "--draws", "256", "--indices", "0", "--logit", "0", "--results",
             str(tmp_path / "draws")]
    process = subprocess.Popen([sys.executable, "-m", "negotiation", "likelihood", *words],
                               stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    path = tmp_path / "draws"
    for _ in range(1200):
        time.sleep(0.1)
        if path.exists() and path.stat().st_size > 3000:
            break
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "rows are kept in" in error and "--resume" in error and "Traceback" not in error


def test_progress_says_rate_and_remaining_time():
    now = [0.0]
    bar = Bar(clock=lambda: now[0])
    bar.show(100, 1100)
    now[0] = 10.0
    bar.done = 600
    assert bar.line(now[0]) == "600 of 1,100 rows, 50 a second, 10 s left"
    bar.live = True
    assert bar.line(now[0]).startswith("[################")


def test_chunks_cover_every_row_once():
    plan = small_chunks(indices=16, tornado=True, logit=4)
    for segment in ("nominal", "sample", "design", "tornado", "logit"):
        ends = [(c.begin, c.end) for c in plan.chunks() if c.segment == segment]
        assert ends[0][0] == 0 and ends[-1][1] == plan.size(segment)
        assert all(a[1] == b[0] for a, b in zip(ends[:-1], ends[1:], strict=True))
    assert isinstance(next(plan.chunks()), Chunk)
