"""
Records what Twisted answers, for those who have none: recorded/, beside this folder.

The scenarios written by hand stay; their results are made again, and the random scenarios with
theirs. expected-queued/ has those kinds only in which the order of scripts matters.
"""

import json
import subprocess

import gen
from environment import HERE, say

RECORDED = HERE.parent / "recorded"
SEED, COUNT, REENTRANT = 2026, 100, 0.5


def answers(python, scenarios, *options):
    """What Twisted answers to these lines."""
    command = [python, "-B", HERE / "oracle.py", *options]
    run = subprocess.run(command, input=scenarios, stdout=subprocess.PIPE, text=True, check=True)
    return run.stdout


def compact(lines):
    """The same without the spaces: nobody reads these, and they are a tenth smaller."""
    short = (json.dumps(json.loads(line), separators=(",", ":")) for line in lines.splitlines())
    return "".join(line + "\n" for line in short)


def record(python):
    for kind in gen.KINDS:
        say(f"recording {kind}")
        written = (RECORDED / f"{kind}.jsonl").read_text()
        save_answers(RECORDED, kind, *both_orders(python, written))
        drawn = gen.scenarios(kind, SEED, COUNT, REENTRANT)
        drawn = compact("".join(json.dumps(one) + "\n" for one in drawn))
        save(RECORDED / "random", kind, drawn)
        save_answers(RECORDED / "random", kind, *map(compact, both_orders(python, drawn)))


def both_orders(python, scenarios):
    """The answers with scripts inside the call, and with scripts after the event."""
    return answers(python, scenarios), answers(python, scenarios, "--queued")


def save_answers(folder, kind, inside, queued):
    save(folder / "expected", kind, inside)
    (folder / "expected-queued" / f"{kind}.jsonl").unlink(missing_ok=True)
    if queued != inside:
        save(folder / "expected-queued", kind, queued)


def save(folder, kind, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{kind}.jsonl").write_text(text)
