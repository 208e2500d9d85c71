"""
Draws random scenarios: a seed, a kind and the shares name them all.

    gen.py [--kinds KIND,KIND] [--seed S] [--count N] [--reentrant P] [--wild P] > SCENARIOS

    --reentrant P  share of producers with a script: they write, unregister, ... when called
    --wild P       share of scenarios with misuse: a second registration, unregister of nothing, use
                   after the end; the others stay inside the documented contract

The first scenarios of a larger count are those of a smaller one.
"""

import argparse
import json
import random

SEED, COUNT, REENTRANT, WILD = 1, 100, 0.5, 0.2

# They cluster around the limit of 10 bytes that the scenarios set.
SIZES = (1, 2, 3, 5, 9, 10, 11, 12, 20, 25)
LIMIT = 10
# Around the 16384 bytes that Twisted's FileSender reads at once.
FILE_SIZES = (0, 1, 100, 16383, 16384, 16385, 40000, 65536)
PAGE = 16384
# The fewest and the most events that are drawn.
LENGTHS = 12, 24
NAMES = ("p1", "p2", "p3")

# Something ends here; where nothing is wild, one end is enough.
ENDS = {"lose", "abort", "lost", "finish", "stop", "half_close", "stop_consuming", "error", "eof",
        "no_more"}
DRAIN = {"op": "drain", "n": None}
# Stands for an unregister where the contract asks for one.
GOODBYE = "unregister if registered"


class Draw:
    """The choices of one kind."""

    def __init__(self, kind, seed, reentrant, wild):
        self.random = random.Random(f"{seed}/{kind}")
        self.reentrant, self.wild = reentrant, wild

    def chance(self, share):
        return self.random.random() < share

    def choice(self, items):
        return self.random.choice(items)

    def size(self):
        return self.choice(SIZES)

    def producers(self):
        drawn = {}
        for name in NAMES:
            spec = {}
            if self.chance(self.reentrant):
                spec["on_resume"] = self.resumes()
            if self.chance(self.reentrant / 3):
                spec["on_pause"] = [[self.choice([{"op": "unregister"}, self.write()])]]
            if self.chance(self.reentrant / 3):
                spec["on_stop"] = [[{"op": "unregister"}]]
            if spec:
                drawn[name] = spec
        return drawn

    def resumes(self):
        """What a producer does each time; never for ever, since a pull loop must end."""
        steps = []
        for _ in range(self.random.randint(1, 6)):
            step = [self.write() for _ in range(self.choice((0, 1, 1, 1, 2)))]
            if self.chance(0.08):
                step.append({"op": "unregister"})
            steps.append(step)
        return steps

    def write(self):
        return {"op": "write", "n": self.size()}

    def event(self, op):
        """One event with its fields."""
        if op == "write":
            return {"op": "write", "n": 0 if self.chance(0.04) else self.size()}
        if op == "write_seq":
            return {"op": op, "ns": [self.size() for _ in range(self.random.randint(0, 3))]}
        if op == "drain":
            return {"op": op, "n": None if self.chance(0.5) else self.size()}
        if op == "read":
            return {"op": op, "n": self.size()}
        return {"op": "read", "n": 0} if op == "eof" else {"op": op}

    def events(self, weights, tail, wild):
        """
        Draws events, and adds the tail.

        Where nothing is wild, register only follows unregister, and the reverse. A producer that
        unregisters in its script is not followed; both sides see the same scenario anyway.
        """
        events, registered, ended = [], False, False
        drawn = self.random.choices(list(weights), list(weights.values()),
                                    k=self.random.randint(*LENGTHS))
        for op in drawn:
            tame = {"register": not registered, "unregister": registered}.get(op, True)
            if not (wild or tame and not (ended and op in ENDS)):
                continue
            if op == "register":
                events.append({"op": op, "producer": NAMES[len(events) % len(NAMES)],
                               "streaming": self.chance(0.6)})
            else:
                events.append(self.event(op))
            ended |= op in ENDS
            registered = op == "register" or registered and op != "unregister"
        for event in tail:
            if event == GOODBYE and registered:
                events.append({"op": "unregister"})
            elif event != GOODBYE:
                events.append({"op": event} if isinstance(event, str) else event)
        return events


# Each kind: its options, the weight of each event, and the events at the end.

# What is done to any consumer that has a buffer.
BUFFER = {"register": 12, "unregister": 6, "write": 35}


def filedescriptor(draw):
    options = {"buffer_size": LIMIT}
    if draw.chance(0.3):
        options["send_limit"] = draw.choice((5, 7))
    weights = {**BUFFER, "write_seq": 6, "drain": 25, "tick": 3, "lose": 4, "abort": 1, "lost": 1,
               "half_close": 2, "pause": 2, "resume": 2, "read": 3, "stop": 0.5,
               "stop_consuming": 0.5, "eof": 0.5}
    return options, weights, (DRAIN, DRAIN, GOODBYE, "tick", DRAIN)


def proxy(draw):
    options = {"buffer_size": LIMIT, "i_am_streaming": draw.chance(0.6)}
    weights = {**BUFFER, "resume": 25, "stop": 1, "finish": 2}
    if options["i_am_streaming"]:
        weights["pause"] = 12
    elif draw.chance(0.4):
        options["write_limit"] = draw.choice((4, 8))
    return options, weights, ("resume", "resume", "resume")


def stringtransport(draw):
    options = {"with_disconnection": draw.chance(0.3), "lenient": draw.chance(0.2)}
    weights = {"register": 15, "unregister": 10, "write": 30, "pause": 10, "resume": 10, "stop": 1,
               "lose": 2, "abort": 1}
    return options, weights, (GOODBYE,)


def chunked_encoder(draw):
    weights = {"register": 15, "write": 45, "unregister": 3, "error": 1}
    if draw.chance(0.3):
        return {}, weights, ()
    # A chunk has a head and a tail, so that the limit is larger here.
    options = {"transport": "filedescriptor", "buffer_size": 30}
    return options, {**weights, "drain": 30, "lost": 1}, (DRAIN, DRAIN)


def length_enforcer(draw):
    options = {"length": draw.choice((0, 5, 30, 100, 200))}
    return options, {"write": 50, "no_more": 3, "error": 1}, ("no_more",)


def loopback(draw):
    options = {"policy": draw.choice(("identity", "collapsing")), "buffer_size": LIMIT}
    weights = {**BUFFER, "write_seq": 4, "tick": 30, "lose": 2, "abort": 1}
    return options, weights, ("tick", GOODBYE, "tick", "tick")


def pull_to_push(draw):
    weights = {"tick": 50, "pause": 15, "resume": 15, "stop": 1, "stop_streaming": 1}
    return {"cooperative": draw.chance(0.9)}, weights, ("tick", "tick")


def ftp_dtp(draw):
    weights = {**BUFFER, "unregister": 2, "drain": 25, "lost": 1, "read": 8, "pause": 2,
               "resume": 2}
    return {"buffer_size": LIMIT}, weights, (DRAIN,)


def ftp_sender(draw):
    weights = {**BUFFER, "drain": 25, "finish": 2, "abort": 1, "lost": 1, "tick": 3}
    return {"buffer_size": LIMIT}, weights, (DRAIN, "tick", DRAIN)


def file_consumer(draw):
    return {}, {"register": 20, "unregister": 5, "write": 50}, ()


def protocol_adapter(draw):
    return {}, {"register": 20, "unregister": 20, "write": 50}, ()


def file_pager(draw):
    weights = {**BUFFER, "unregister": 4, "send_next_page": 30}
    return {"file_size": 0}, weights, ("send_next_page", "still_paging")


def maildir_append(draw):
    options = {"manual": True}
    if draw.chance(0.3):
        options[draw.choice(("write_fails", "rename_fails"))] = True
    return options, {**BUFFER, "unregister": 4, "tick": 30}, (GOODBYE, "tick")


# The same kinds with a file, which Twisted's own FileSender reads.


def file_pager_file(draw):
    size = draw.choice(FILE_SIZES)
    events, pages, told = [], -(-size // PAGE), False
    for _ in range(draw.random.randint(1, 9)):
        if draw.chance(0.6):
            events.append({"op": "send_next_page"})
            pages -= 1
        elif not told:  # nobody asks a pager again that has said no
            events.append({"op": "still_paging"})
            told = pages <= 0
    return {"file_size": size}, events


def maildir_append_file(draw):
    options = {"file_size": draw.choice(FILE_SIZES)}
    if draw.chance(0.3):
        options[draw.choice(("open_fails", "write_fails", "rename_fails"))] = True
    return options, [{"op": "start"}] + [{"op": "tick"}] * draw.random.randint(1, 6)


KINDS = {
    "chunked-encoder": chunked_encoder, "file-consumer": file_consumer, "file-pager": file_pager,
    "filedescriptor": filedescriptor, "ftp-dtp": ftp_dtp, "ftp-sender": ftp_sender,
    "length-enforcer": length_enforcer, "loopback": loopback, "maildir-append": maildir_append,
    "protocol-adapter": protocol_adapter, "proxy": proxy, "pull-to-push": pull_to_push,
    "stringtransport": stringtransport,
}
FILES = {"file-pager": file_pager_file, "maildir-append": maildir_append_file}


def scenario(draw, kind, name):
    wild = draw.chance(draw.wild)
    drawn = {"id": name + "-wild" * wild, "kind": kind}
    if kind in FILES and draw.chance(0.3):
        options, events = FILES[kind](draw)
        return {**drawn, "options": options, "events": events}
    options, weights, tail = KINDS[kind](draw)
    producers = draw.producers()
    events = draw.events(weights, tail, wild)
    if kind == "length-enforcer":  # it has no registration that could end
        for spec in producers.values():
            for key, script in spec.items():
                spec[key] = [[e for e in step if e["op"] != "unregister"] for step in script]
    if kind == "pull-to-push":
        events.insert(0, {"op": "start"})
    if kind == "file-pager":  # its producer is asked for each page
        for event in events:
            if event["op"] == "register":
                event["streaming"] = False
    if options:
        drawn["options"] = options
    if producers:
        drawn["producers"] = producers
    return {**drawn, "events": events}


def scenarios(kind, seed, count, reentrant=REENTRANT, wild=WILD):
    draw = Draw(kind, seed, reentrant, wild)
    for number in range(count):
        yield scenario(draw, kind, f"{kind}-s{seed}-{number}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--count", type=int, default=COUNT, help="scenarios of each kind")
    parser.add_argument("--reentrant", type=float, default=REENTRANT)
    parser.add_argument("--wild", type=float, default=WILD)
    options = parser.parse_args()
    for kind in options.kinds.split(","):
        if kind not in KINDS:
            parser.error(f"there is no kind {kind}; there are {', '.join(KINDS)}")
        for one in scenarios(kind, options.seed, options.count, options.reentrant, options.wild):
            print(json.dumps(one))


if __name__ == "__main__":
    main()
