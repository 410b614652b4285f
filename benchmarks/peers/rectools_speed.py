"""How long RecTools' SASRec takes for an epoch, in an environment of its own.

    python rectools_speed.py FOLDER

Reads FOLDER/interactions.csv (user, item, at) and FOLDER/plan.json (epochs, settings); prints the
seconds of every epoch and the peak memory of the process as JSON.
"""

import json
import resource
import sys
import time
from pathlib import Path
from warnings import simplefilter

import pandas as pd  # noqa: TID251 # the peer takes no other data frame
import torch
from pytorch_lightning import Callback, Trainer
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel

SPANS: list[float] = []


class Clock(Callback):
    """Notes how long each epoch took."""

    def on_train_epoch_start(self, *_: object) -> None:
        """Begin."""
        self.began = time.perf_counter()

    def on_train_epoch_end(self, *_: object) -> None:
        """Note the span."""
        SPANS.append(time.perf_counter() - self.began)


def trainer() -> Trainer:
    """As RecTools makes one, with the clock."""
    return Trainer(
        max_epochs=EPOCHS,
        min_epochs=EPOCHS,
        deterministic=True,
        enable_progress_bar=False,
        enable_model_summary=False,
        logger=False,
        enable_checkpointing=False,
        accelerator="cpu",
        callbacks=[Clock()],
    )


if __name__ == "__main__":
    simplefilter("ignore")
    folder = Path(sys.argv[1])
    plan = json.loads((folder / "plan.json").read_text())
    EPOCHS = plan["epochs"]
    torch.manual_seed(0)
    seen = pd.read_csv(folder / "interactions.csv")
    seen = seen.rename(columns={"user": Columns.User, "item": Columns.Item, "at": Columns.Datetime})
    seen[Columns.Datetime] = pd.to_datetime(seen[Columns.Datetime], unit="s")
    seen[Columns.Weight] = 1.0
    model = SASRecModel(get_trainer_func=trainer, verbose=0, **plan["settings"])
    model.fit(Dataset.construct(seen))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"epochs_s": SPANS, "peak_gib": peak, "threads": torch.get_num_threads()}))
