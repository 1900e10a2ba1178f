"""Run one job of the museum as whoever we are, and print how it ended: `python runner.py JSON`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from aigov.sandbox import ChildError, Job, Layer, Limits, StoppedError, run


def main(asked):
    secret = os.open(__file__, os.O_RDONLY)
    os.set_inheritable(secret, True)
    request = asked.get("request")
    if isinstance(request, dict):
        request["argument"]["parent"] = os.getpid()
    layers = frozenset(map(Layer, asked["layers"])) if "layers" in asked else frozenset(Layer)
    job = Job(
        asked["entry"],
        request,
        read=tuple(map(Path, asked.get("read", ()))),
        limits=Limits(**asked.get("limits", {})),
        layers=layers,
    )
    try:
        returned = run(job)
    except StoppedError as error:
        return {"stopped": error.message.id}
    except ChildError as error:
        return {"error": str(error)}
    return {"value": returned.value, "active": list(returned.layers.active)}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
