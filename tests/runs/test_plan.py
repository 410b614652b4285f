"""A training that cannot fit is refused before it learns."""

from clvcore.runs import plan, worker
from clvcore.runs.folder import State
from clvcore.runs.plan import spoken


def test_a_training_that_does_not_fit_ends_in_one_sentence_before_it_learns(new_run, monkeypatch):
    monkeypatch.setattr(plan, "free_memory", lambda: 2**29)
    run = new_run()
    worker.main(str(run.path))
    assert run.status().state is State.FAILED
    assert "only 0.5 GiB are free. Choose fewer events a step" in run.status().message
    assert run.progress() == []


def test_what_a_run_takes_is_kept_with_it(done):
    told = done.read("estimate.json")
    assert told["parameters"] == done.read("summary.json")["parameters"]
    assert 0 < told["memory_bytes"] < told["free_bytes"]
    assert told["epoch_s"] > 0


def test_a_span_is_said_in_the_unit_one_would_use():
    said = [spoken(s) for s in (0.2, 59, 119, 121, 7_100, 7_300)]
    assert said == ["1 s", "59 s", "119 s", "3 min", "119 min", "3 h"]
