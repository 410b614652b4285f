"""Frames on disk while more is worked on than memory holds: named piles, read back pile by pile."""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl


@dataclass(slots=True)
class Spill:
    """Piles of frames in a folder, each in the order in which its frames came."""

    folder: Path
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def put(self, pile: str, frame: pl.DataFrame) -> None:
        """Lay a frame upon a pile."""
        place = self.folder / pile
        place.mkdir(parents=True, exist_ok=True)
        frame.write_ipc(place / f"{self.counts[pile]}.arrow", compression="lz4")
        self.counts[pile] += 1

    def files(self, pile: str) -> list[Path]:
        """The files of a pile."""
        return [self.folder / pile / f"{number}.arrow" for number in range(self.counts[pile])]

    def frames(self, pile: str, columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
        """The frames of a pile, one after the other."""
        for file in self.files(pile):
            yield pl.read_ipc(file, columns=columns)

    def all(self, pile: str) -> pl.DataFrame | None:
        """A whole pile as one frame; None where nothing was laid upon it."""
        frames = list(self.frames(pile))
        return pl.concat(frames, how="diagonal") if frames else None

    def drop(self, pile: str) -> None:
        """Forget a pile."""
        shutil.rmtree(self.folder / pile, ignore_errors=True)
        self.counts.pop(pile, None)
