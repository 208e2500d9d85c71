"""What every kind shares: a clock, the payload, scripted producers, and what is seen."""

import hashlib
import re

from twisted.internet import task
from twisted.logger import globalLogPublisher

PATTERN = bytes(range(251))
ADDRESS = re.compile(r"0x[0-9a-fA-F]+")

# The most scripts that one event may set off, since a script can call its own producer again.
SCRIPTS = 10_000


def stable(text):
    """Drops memory addresses, so that a message is the same in each run."""
    return ADDRESS.sub("0x", str(text))


def told(error):
    """The name and the text of an exception, as an effect tells them."""
    return {"type": type(error).__name__, "msg": stable(error)}


class StepClock(task.Clock):
    """
    A clock whose advance runs only what was due when it began, as one turn of a reactor does.

    task.Clock itself also runs what those calls schedule. A call that raises is logged and does
    not stop the turn, as in the real reactor.
    """

    def __init__(self, world):
        super().__init__()
        self.world = world

    def advance(self, amount):
        self.rightNow += amount
        due = [call for call in self.calls if call.getTime() <= self.seconds()]
        for call in sorted(due, key=lambda call: call.getTime()):
            if call not in self.calls:  # an earlier one has cancelled it
                continue
            self.calls.remove(call)
            call.called = 1
            try:
                call.func(*call.args, **call.kw)
            except Exception as error:
                self.world.saw("log", **told(error))


class World:
    """One scenario while it runs: what is around the real object, and what was seen."""

    def __init__(self, scenario, queued):
        self.scenario, self.queued = scenario, queued
        self.options = scenario.get("options", {})
        self.clock = StepClock(self)
        self.seen = []
        self.offered = 0
        self.capacity = 0  # what the kernel takes just now; None is all
        self.emitted = 0
        self.hash = hashlib.sha256()
        self.producers = {}
        self.scripts = []
        self.kind = None
        self._patched = []

    def saw(self, effect, **fields):
        self.seen.append({"e": effect, **fields})

    def count(self, data):
        """Adds to the bytes that left for good."""
        self.emitted += len(data)
        self.hash.update(data)

    def emit(self, data):
        data = bytes(data)
        if data:
            self.count(data)
            self.saw("emit", n=len(data))

    def payload(self, n):
        """The next bytes: number i of all that was ever offered is i % 251."""
        start = self.offered % 251
        self.offered += n
        return (PATTERN * (n // 251 + 2))[start:start + n]

    def patch(self, owner, name, value):
        """Replaces an attribute until the scenario is over."""
        self._patched.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def producer(self, name):
        if name not in self.producers:
            spec = self.scenario.get("producers", {}).get(name, {})
            kind = PullProducer if spec.get("no_pause") else PushProducer
            self.producers[name] = kind(name, spec, self)
        return self.producers[name]

    def script(self, events):
        """Runs a producer's script inside the call, or keeps it until the event is over."""
        if self.queued:
            self.scripts.append(events)
        else:
            self.run_all(events)

    def run_all(self, events):
        """
        Runs events until one raises.

        As in a typed language, the error is that of the script that made the call; it never
        passes through the consumer.
        """
        for event in events:
            try:
                self.kind.on(event)
            except Exception as error:
                self.saw("raise", **told(error))
                return

    def run_scripts(self):
        for _ in range(SCRIPTS):
            if not self.scripts:
                return
            self.run_all(self.scripts.pop(0))
        raise RuntimeError(f"one event set off more than {SCRIPTS} scripts")

    def take_seen(self):
        seen, self.seen = self.seen, []
        return seen

    def run(self, make):
        """Runs the whole scenario against the kind that make builds, and returns its result."""
        globalLogPublisher.addObserver(self._logged)
        try:
            self.kind = make(self)
            self.run_scripts()
            setup, steps = self.take_seen(), []
            for event in self.scenario["events"]:
                self.run_all([event])
                self.run_scripts()
                steps.append(self.take_seen())
            final = {"emitted": self.emitted, "sha256": self.hash.hexdigest()}
            final.update(self.kind.final())
        finally:
            globalLogPublisher.removeObserver(self._logged)
            while self._patched:
                setattr(*self._patched.pop())
        result = {"id": self.scenario["id"], "kind": self.scenario["kind"]}
        if setup:
            result["setup"] = setup
        return {**result, "steps": steps, "final": final}

    def _logged(self, event):
        if "log_failure" in event:
            self.saw("log", **told(event["log_failure"].value))


class PullProducer:
    """A scripted producer that cannot be paused."""

    def __init__(self, name, spec, world):
        self.name, self.spec, self.world = name, spec, world
        self.calls = {"resume": 0, "pause": 0, "stop": 0}

    def __repr__(self):
        return self.name

    def _called(self, method):
        self.world.saw("call", p=self.name, m=method)
        script = self.spec.get("on_" + method, [])
        at = self.calls[method]
        self.calls[method] += 1
        if script and self.spec.get("repeat"):
            at = min(at, len(script) - 1)
        if at < len(script):
            self.world.script(script[at])

    def resumeProducing(self):
        self._called("resume")

    def stopProducing(self):
        self._called("stop")


class PushProducer(PullProducer):
    """A scripted producer."""

    def pauseProducing(self):
        self._called("pause")


class Kind:
    """Drives one real object; a kind has one method on_OP for each event that it takes."""

    consumer = None

    def __init__(self, world):
        self.world, self.options = world, world.options
        self.setup()

    def on(self, event):
        getattr(self, "on_" + event["op"])(event)

    def on_register(self, event):
        producer = self.world.producer(event.get("producer", "p1"))
        self.consumer.registerProducer(producer, event.get("streaming", True))

    def on_unregister(self, event):
        self.consumer.unregisterProducer()

    def on_write(self, event):
        self.consumer.write(self.world.payload(event["n"]))

    def on_write_seq(self, event):
        self.consumer.writeSequence([self.world.payload(n) for n in event["ns"]])

    def on_pause(self, event):
        self.consumer.pauseProducing()

    def on_resume(self, event):
        self.consumer.resumeProducing()

    def on_stop(self, event):
        self.consumer.stopProducing()

    def on_lose(self, event):
        self.consumer.loseConnection()

    def on_abort(self, event):
        self.consumer.abortConnection()

    def on_finish(self, event):
        self.consumer.finish()

    def on_stop_consuming(self, event):
        self.consumer.stopConsuming()

    def on_tick(self, event):
        self.world.clock.advance(event.get("seconds", 0))

    def watch(self, deferred):
        """Tells when a Deferred fires."""
        deferred.addCallbacks(
            lambda _: self.world.saw("deferred", m="done"),
            lambda failure: self.world.saw("deferred", m="failed", type=failure.type.__name__))

    def final(self):
        return {}


class Downstream:
    """The recording consumer behind a proxy or an adapter."""

    def __init__(self, world):
        self.world = world

    def registerProducer(self, producer, streaming):
        self.world.saw("down", m="register", streaming=bool(streaming))

    def unregisterProducer(self):
        self.world.saw("down", m="unregister")

    def write(self, data):
        self.world.saw("down", m="write", n=len(data))
        self.world.count(data)

    def finish(self):
        self.world.saw("down", m="finish")


def name_of(producer):
    """
    The name of the scripted producer under any wrappers, None when nothing is registered.

    Something else that is registered is <other>.
    """
    if producer is None:
        return None
    while producer is not None and not isinstance(producer, PullProducer):
        producer = getattr(producer, "_producer", None)
    return "<other>" if producer is None else producer.name
