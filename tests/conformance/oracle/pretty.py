"""Scenarios and results, to read."""

import json


def event_text(event):
    fields = [f"{key}={value}" for key, value in event.items() if key != "op"]
    return " ".join([event["op"], *fields])


def effects_text(effects):
    return " ".join(map(effect_text, effects)) or "-"


def effect_text(effect):
    if effect.get("e") == "call":
        return f"{effect.get('p')}.{effect.get('m')}"
    fields = ", ".join(f"{key}={effect[key]}" for key in sorted(effect) if key != "e")
    return f"{effect.get('e')}({fields})"


def heading(scenario):
    """The lines that say which scenario it is."""
    yield f"{scenario['id']} ({scenario['kind']}) {json.dumps(scenario.get('options', {}))}"
    for name, spec in scenario.get("producers", {}).items():
        yield f"    {name}: {json.dumps(spec)}"


def step_text(scenario, result, number):
    event = event_text(scenario["events"][number])
    return f"    {number:>2} {event:<44} -> {effects_text(result['steps'][number])}"


def lines(scenario, result):
    """A whole result."""
    yield from heading(scenario)
    if "oracle_error" in result:
        yield f"    no answer: {result['oracle_error']}"
        yield from (f"    {line}" for line in result["traceback"])
        return
    if "setup" in result:
        yield f"    setup -> {effects_text(result['setup'])}"
    for number in range(len(result["steps"])):
        yield step_text(scenario, result, number)
    yield f"    final {json.dumps(result['final'])}"
