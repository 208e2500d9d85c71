"""
Answers scenarios with what real Twisted does, with Aqueduct's deviations applied to it.

    oracle.py [--queued] [--pretty] < SCENARIOS > RESULTS

Nothing in here knows how a consumer behaves: each kind builds the real object, hands it fakes for
what is below and above it, and records the calls that come out.

    --queued  a producer's script runs after the event that called it, and not inside the call
    --pretty  results to read
"""

import json
import sys
import traceback
import warnings

try:
    from twisted.logger import globalLogBeginner
except ImportError:
    sys.exit("error: this Python has no Twisted; run tests/conformance/check, "
             "which makes one that has")

import repairs
from kinds import KINDS
from pretty import lines
from world import World

# How many lines of a traceback are shown when the oracle itself fails.
TRACEBACK_LINES = 6


def refusal(scenario):
    """None, or why there is no answer to this scenario."""
    kind = KINDS.get(scenario.get("kind"))
    if kind is None:
        return f"there is no kind {scenario.get('kind')}"
    events = list(scenario["events"])
    for producer in scenario.get("producers", {}).values():
        for key, script in producer.items():
            if key.startswith("on_"):
                events += [event for step in script for event in step]
    unknown = {event["op"] for event in events if not hasattr(kind, "on_" + event["op"])}
    return f"{scenario['kind']} has no event {', '.join(sorted(unknown))}" if unknown else None


def answer(scenario, queued):
    failed = {"id": scenario.get("id"), "kind": scenario.get("kind")}
    try:
        why = refusal(scenario)
        if why:
            return {**failed, "oracle_error": why, "traceback": []}
        return World(scenario, queued).run(KINDS[scenario["kind"]])
    except Exception as error:
        shown = traceback.format_exc().splitlines()[-TRACEBACK_LINES:]
        return {**failed, "oracle_error": f"{type(error).__name__}: {error}", "traceback": shown}


def main(options):
    for option in options:
        if option not in ("--queued", "--pretty"):
            sys.exit(__doc__.strip())
    warnings.simplefilter("ignore")
    globalLogBeginner.beginLoggingTo([], discardBuffer=True, redirectStandardIO=False)
    repairs.apply()
    for line in sys.stdin:
        if not line.strip() or line.startswith("#"):
            continue
        scenario = json.loads(line)
        result = answer(scenario, "--queued" in options)
        print("\n".join(lines(scenario, result)) if "--pretty" in options else json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
