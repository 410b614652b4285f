"""What a report is made of, from the workspace."""

from datetime import datetime

from clvcore.errors import RunError
from clvcore.report.trained import Trained
from clvcore.runs.finished import FinishedRun, stored_report


def trained(done: FinishedRun) -> Trained:
    """A finished run as a report tells of it."""
    summary, status = done.run.read("summary.json"), done.run.status()
    try:
        ranking = stored_report(done.run)
    except RunError:  # stopped before it was judged
        ranking = None
    return Trained(
        run_id=done.run.run_id,
        config=done.config,
        parameters=summary["parameters"],
        epochs=summary["best_epoch"],
        device=status.device,
        at=datetime.fromisoformat(status.at),
        ranking=ranking,
        embeddings=done.embeddings,
        seen=done.material.seen,
    )
