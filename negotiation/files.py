"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from .errors import InputError


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Replace a file in one step.

    Raises:
        InputError: where it cannot be written; what was there before is then unchanged.
    """
    try:
        target = Path(os.path.realpath(path))
        # In the same folder, since only there the replacement is one step.
        draft = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
        try:
            with draft.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            if target.exists():
                shutil.copymode(target, draft)
            os.replace(draft, target)
        finally:
            draft.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{os.fspath(path)}: the file cannot be written: {reason}") from None
