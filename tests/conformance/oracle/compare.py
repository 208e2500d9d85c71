"""
Compares results with what is expected of them.

    compare.py SCENARIOS EXPECTED ACTUAL [SHOWN]

Setup and steps must agree in every effect and in their order, and so must those keys of the final
state that both tell; the number of bytes that left and their hash must be told. The first
differences are shown, each with all that led to it.
"""

import json
import sys

from pretty import effects_text, heading, step_text

SHOWN = 3
# Keys of the final state that may not be left out.
TOLD = {"emitted", "sha256"}


def load(lines):
    """The scenarios or results in these lines, by their id."""
    texts = (line for line in lines if line.strip() and not line.startswith("#"))
    return {one["id"]: one for one in map(json.loads, texts)}


def load_results(lines):
    """The results of a driver, and the lines of its output that are none."""
    results, others = {}, []
    for line in lines:
        try:
            one = json.loads(line)
            results[one["id"]] = one
        except (ValueError, TypeError, KeyError):
            if line.strip():
                others.append(line.strip())
    return results, others


def difference(scenario, expected, actual):
    """None, or the lines that tell the first difference."""
    if "oracle_error" in expected:
        return ["Twisted's side gave no answer: " + expected["oracle_error"],
                *expected.get("traceback", [])]
    if actual is None:
        return ["the driver gave no answer"]
    if "oracle_error" in actual:
        return [f"the driver gave no answer: {actual['oracle_error']}"]
    steps, final = actual.get("steps"), actual.get("final")
    if not isinstance(steps, list) or not isinstance(final, dict):
        return ["the driver's answer lacks steps or final"]
    wanted, got = expected.get("setup", []), actual.get("setup", [])
    if wanted != got:
        return ["setup differs", *both(*texts(wanted, got))]
    for number, (wanted, got) in enumerate(zip(expected["steps"], steps)):
        if wanted != got:
            before = [step_text(scenario, expected, at) for at in range(number)]
            event = f"  * {number:>2} {json.dumps(scenario['events'][number])}"
            return [f"event {number} differs", *before, event, *both(*texts(wanted, got))]
    if len(expected["steps"]) != len(steps):
        return [f"the driver answers {len(steps)} events of {len(expected['steps'])}"]
    return difference_of_final(scenario, expected, final)


def difference_of_final(scenario, expected, final):
    for key in sorted(set(expected["final"]) & (set(final) | TOLD)):
        wanted, got = expected["final"][key], final.get(key)
        if wanted != got:
            steps = [step_text(scenario, expected, at) for at in range(len(expected["steps"]))]
            return [f"final {key} differs", *steps, *both(json.dumps(wanted), json.dumps(got))]
    return None


def texts(wanted, got):
    """Both lists of effects to read, or as they are where that hides the difference."""
    try:
        pair = effects_text(wanted), effects_text(got)
    except (AttributeError, TypeError):
        pair = None, None
    return pair if pair[0] != pair[1] else (json.dumps(wanted), json.dumps(got))


def both(wanted, got):
    return f"         Twisted: {wanted}", f"         driver:  {got}"


def compare(scenarios, expected, actual, shown):
    """How many results agree, and the first differences, each as a text."""
    agree, told = 0, []
    for name, scenario in scenarios.items():
        why = difference(scenario, expected[name], actual.get(name))
        if why is None:
            agree += 1
        elif len(told) < shown:
            first, *rest = heading(scenario)
            told.append("\n".join([f"  {first}: {why[0]}", *rest, *why[1:]]))
    return agree, told


def main(scenarios, expected, actual, shown=SHOWN):
    def lines(path):
        with open(path, errors="replace") as file:
            return file.readlines()
    results, others = load_results(lines(actual))
    scenarios = load(lines(scenarios))
    agree, told = compare(scenarios, load(lines(expected)), results, int(shown))
    for line in others[:int(shown)]:
        print("no result:", line)
    print(*told, sep="\n", end="\n" if told else "")
    print(f"{agree} of {len(scenarios)} scenarios agree")
    return 0 if agree == len(scenarios) > 0 else 1


if __name__ == "__main__":
    if not 4 <= len(sys.argv) <= 5:
        sys.exit(__doc__.strip())
    sys.exit(main(*sys.argv[1:]))
