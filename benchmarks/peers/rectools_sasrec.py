"""RecTools' SASRec with the categories of items, in an environment of its own.

    python rectools_sasrec.py FOLDER

Reads FOLDER/interactions.csv (user, item, at), FOLDER/categories.csv (item, category; one row
for each category of an item), FOLDER/users.csv (user) and FOLDER/plan.json (epochs after which
to recommend, how many items, settings); writes FOLDER/lists.csv (epochs, user, rank, item). Only
items that occur in the interactions can be listed, and none that the user had.
"""

import json
import sys
from pathlib import Path
from warnings import simplefilter

import pandas as pd  # noqa: TID251 # the peer takes no other data frame
import torch
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel
from rectools.models.nn.item_net import CatFeaturesItemNet, IdEmbeddingsItemNet

FEATURE = "category"


def dataset_of(folder: Path) -> Dataset:
    """Interactions with the categories of the items that occur in them."""
    seen = pd.read_csv(folder / "interactions.csv")
    seen = seen.rename(columns={"user": Columns.User, "item": Columns.Item, "at": Columns.Datetime})
    seen[Columns.Datetime] = pd.to_datetime(seen[Columns.Datetime], unit="us")
    seen[Columns.Weight] = 1.0
    known = pd.read_csv(folder / "categories.csv")
    known = known[known["item"].isin(seen[Columns.Item])]
    features = pd.DataFrame({"id": known["item"], "value": known[FEATURE], "feature": FEATURE})
    return Dataset.construct(
        seen, item_features_df=features, cat_item_features=[FEATURE], make_dense_user_features=False
    )


def main() -> None:
    """Train on, and list what users would want after each number of epochs in the plan."""
    simplefilter("ignore")
    folder = Path(sys.argv[1])
    plan = json.loads((folder / "plan.json").read_text())
    torch.manual_seed(plan["seed"])
    dataset = dataset_of(folder)
    users = pd.read_csv(folder / "users.csv")["user"]
    users = users[users.isin(dataset.user_id_map.external_ids)]
    model = SASRecModel(
        item_net_block_types=(IdEmbeddingsItemNet, CatFeaturesItemNet),
        deterministic=True,
        verbose=0,
        **plan["settings"],
    )
    lists, before = [], 0
    for epochs in plan["epochs"]:
        model.fit_partial(dataset, min_epochs=epochs - before, max_epochs=epochs - before)
        before = epochs
        found = model.recommend(users, dataset, k=plan["n"], filter_viewed=True)
        lists.append(found.assign(epochs=epochs))
    wanted = {Columns.User: "user", Columns.Item: "item", Columns.Rank: "rank", "epochs": "epochs"}
    pd.concat(lists)[list(wanted)].rename(columns=wanted).to_csv(folder / "lists.csv", index=False)


if __name__ == "__main__":
    main()
