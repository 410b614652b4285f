"""What is taken along says the same elsewhere as here."""

import re
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from clvcore.errors import ConfigError
from clvcore.features.histories import KINDS
from clvcore.runs.finished import finished
from clvcore.runs.manifest import check_all
from clvcore.runs.taken_along import export_towers, vectors_frame
from clvcore.towers.batches import sequences


@pytest.fixture(scope="module")
def served(done, workspace):
    return finished(workspace, done.run_id)


def history_of(served, user):
    """Events of a user as the README of an export wants them."""
    seen, events = served.material.seen, sequences(served.material.seen)
    own = slice(events.start[user], events.start[user + 1])
    extent = np.zeros(len(events.item)) if events.extent is None else events.extent
    rows = zip(
        seen.items.terms(events.item[own]),
        events.kind[own],
        events.weight[own],
        extent[own],
        events.second[own],
        strict=True,
    )
    return [(i, KINDS[k], float(w), float(e), int(s)) for i, k, w, e, s in rows]


@pytest.mark.slow
def test_the_towers_give_the_same_vectors_elsewhere_by_the_code_of_their_readme(served, tmp_path):
    pytest.importorskip("flatbuffers")
    folder = tmp_path / "towers"
    export_towers(served, folder)
    check_all(folder)
    lengths = np.diff(served.material.seen.start)
    users = [int(lengths.argmax()), int(lengths.argmin()), *range(5)]
    histories = {served.material.seen.users.term(user): history_of(served, user) for user in users}
    code = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)
    (folder / "use.py").write_text(
        f"{code[1]}\n"
        "import sys\n"
        f"rows = [after(user, history) for user, history in {histories!r}.items()]\n"
        "np.savez(here / 'out.npz', items=all_items(), users=np.stack(rows))\n"
        "assert not any(name.startswith('clvcore') for name in sys.modules)\n",
        "utf-8",
    )
    subprocess.run([sys.executable, folder / "use.py"], check=True, cwd=tmp_path)
    found = np.load(folder / "out.npz")
    own = served.embeddings
    places = [own.user_ids.number(user) for user in histories]
    np.testing.assert_allclose(found["items"], own.items, atol=1e-6)
    np.testing.assert_allclose(found["users"], own.users[places], atol=1e-6)
    with pytest.raises(ConfigError, match="is there already"):
        export_towers(served, folder)


def test_vectors_as_a_table_are_the_vectors(served):
    for side, own in (("users", served.embeddings.users), ("items", served.embeddings.items)):
        frame = vectors_frame(served, side)
        assert frame.height == len(own)
        assert (frame.drop(frame.columns[0]).to_numpy() == own).all()
        assert frame.columns[:2] == [f"{side[:-1]}_id", "vector_1"]
        assert frame.schema["vector_1"] == pl.Float32
