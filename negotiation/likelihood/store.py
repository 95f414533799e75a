"""A results file: chunks appended as they are finished, each with a checksum.

The first line is JSON and says what the file is a result of. Each chunk is one line of JSON (where
it belongs, how many bytes follow, their checksum, why rows failed), then its rows. A file that a
killed process left ends in a torn chunk at worst, which is cut off when the file is opened again.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..errors import InputError
from .plan import ROW, Chunk, Plan, Solved

FORMAT = "negotiation-results/1"
#: what settings are called in messages
WORDS = {"version": "package version", "engine": "engine", "by": "date", "cap": "cap",
         "seed": "seed", "draws": "number of draws", "base": "number of rows for indices"}


class Results:
    """A results file that is open for appending; a context manager.

    Raises:
        InputError: for a file that exists and was not asked to be resumed, one that is a result of
            something else, or one that cannot be read or written.
    """

    def __init__(self, path: str | os.PathLike[str], plan: Plan, resume: bool = False) -> None:
        self.path, self.plan = Path(path), plan
        self.header = {"format": FORMAT, "game": plan.game.name, "digest": plan.digest,
                       "settings": plan.settings,
                       "rows": [[name, ROW[name].str] for name in ROW.names or ()]}
        self._found: list[Solved] = []
        try:
            if resume and self.path.exists():
                with self.path.open("rb") as stream:
                    good = self._read(stream)
                # without a buffer: what cannot be written must not be tried again when it is closed
                self._stream = self.path.open("r+b", buffering=0)
                self._stream.truncate(good)
                self._stream.seek(good)
            else:
                self._stream = self.path.open("xb", buffering=0)
                self._append(json.dumps(self.header).encode() + b"\n")
        except FileExistsError:
            raise InputError(f"{path} exists: give another name, or --resume to go on with it"
                             ) from None
        except OSError as error:
            raise InputError(f"{path}: the results file cannot be opened: "
                             f"{error.strerror or error}") from None

    def __enter__(self) -> Results:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def kept(self) -> list[Solved]:
        """The chunks that were in the file when it was opened."""
        return self._found

    def add(self, done: Solved) -> None:
        """Append a chunk; it is on the disk when this returns."""
        payload = done.rows.tobytes()
        chunk = done.chunk
        line = {"segment": chunk.segment, "begin": chunk.begin, "end": chunk.end,
                "bytes": len(payload), "why": {str(k): why for k, why in done.why.items()}}
        self._append(sealed(line, payload))

    def _append(self, data: bytes) -> None:
        begin = self._stream.tell()
        try:
            rest = memoryview(data)
            while len(rest):
                rest = rest[self._stream.write(rest):]
            os.fsync(self._stream.fileno())
        except OSError as error:
            try:
                os.ftruncate(self._stream.fileno(), begin)
            except OSError:
                pass
            raise InputError(f"{self.path}: the results file cannot be written: "
                             f"{error.strerror or error}. What was finished before is kept in it; "
                             "make room, then go on with --resume") from None

    def _read(self, stream: IO[bytes]) -> int:
        """Take what a file holds; how many bytes of it are whole."""
        first = stream.readline()
        header = _json(first)
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise InputError(f"{self.path}: expected a results file of this program, found another "
                             "file")
        self._compare(header)
        good = len(first)
        for solved, length in chunks(stream):
            self._found.append(solved)
            good += length
        return good

    def _compare(self, header: dict[str, Any]) -> None:
        if header.get("digest") != self.header["digest"]:
            raise InputError(f"{self.path} holds results of another game ({header.get('game')!r}, "
                             f"or another edition of it): expected results of "
                             f"{self.plan.game.name!r} as it is now")
        theirs, ours = header.get("settings", {}), self.plan.settings
        for key, value in ours.items():
            if theirs.get(key) != value:
                raise InputError(f"{self.path} holds results of another {WORDS.get(key, key)}: "
                                 f"expected {value!r}, found {theirs.get(key)!r}")
        if header != json.loads(json.dumps(self.header)):
            raise InputError(f"{self.path} holds results in another layout of rows")


def sealed(line: dict[str, Any], payload: bytes) -> bytes:
    """A chunk as it is written: its line with a checksum over both, and its rows."""
    body = json.dumps(line).encode()
    return b"%08x %s\n%s" % (zlib.crc32(payload, zlib.crc32(body)), body, payload)


def chunks(stream: IO[bytes]) -> Iterator[tuple[Solved, int]]:
    """The whole chunks from where a stream is, with their lengths; ends at the first torn one."""
    while line := stream.readline():
        mark, _, body = line.rstrip(b"\n").partition(b" ")
        head = _json(body)
        if not line.endswith(b"\n") or not isinstance(head, dict):
            return
        payload = stream.read(int(head.get("bytes", 0)))
        if mark != b"%08x" % zlib.crc32(payload, zlib.crc32(body)):
            return
        chunk = Chunk(head["segment"], head["begin"], head["end"])
        rows = np.frombuffer(payload, dtype=ROW).copy()
        yield (Solved(chunk, rows, {int(k): why for k, why in head["why"].items()}),
               len(line) + len(payload))


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
