"""
Compares a driver with live Twisted, on the scenarios written by hand and on fresh random ones.

    check [-n COUNT] [-s SEED] [-r SHARE] [-k KIND,KIND] [-q] [-v SHOWN] [-- DRIVER [ARG...]]
    check --record

The driver reads scenarios on standard input and writes results on standard output, one JSON
object a line; without one, that of this repository is built and compared. One line for each kind;
the last line is `check: X of Y scenarios agree`.
"""

import argparse
import itertools
import json
import pathlib
import random
import shlex
import subprocess
import sys
import tempfile

import compare
import environment
import gen
import record
from environment import give_up, say

# How many scenarios one run of the driver and of Twisted gets; it bounds memory, and is the step
# in which progress is told.
BATCH = 2_000
# The longest that a driver may take for a batch, in seconds: a hundred times what ours takes.
PATIENCE = 120


def parse(arguments):
    ours, dashes, foreign = arguments, False, []
    if "--" in arguments:
        at = arguments.index("--")
        ours, dashes, foreign = arguments[:at], True, arguments[at + 1:]
    about, usage, end = __doc__.strip().split("\n\n")
    parser = argparse.ArgumentParser(prog="check", usage=usage.strip(), description=about,
                                     epilog=end)
    parser.add_argument("-n", metavar="COUNT", dest="count", type=int, default=gen.COUNT,
                        help="random scenarios of each kind (default %(default)s)")
    parser.add_argument("-s", metavar="SEED", dest="seed", type=int,
                        help="seed of the random scenarios (default: a fresh one)")
    parser.add_argument("-r", metavar="SHARE", dest="share", type=float, default=gen.REENTRANT,
                        help="share of producers with scripts (default %(default)s)")
    parser.add_argument("-k", metavar="KIND,KIND", dest="kinds", default="",
                        help="only these kinds (default: all 13)")
    parser.add_argument("-q", dest="queued", action="store_true",
                        help="scripts run after the event that called them, and not inside the "
                             "call; always so with our own driver")
    parser.add_argument("-v", metavar="SHOWN", dest="shown", type=int, default=compare.SHOWN,
                        help="differences to show of each kind (default %(default)s)")
    parser.add_argument("--record", action="store_true",
                        help="write recorded/ again, from live Twisted, and compare nothing")
    options = parser.parse_args(ours)
    options.kinds = options.kinds.split(",") if options.kinds else list(gen.KINDS)
    for kind in options.kinds:
        if kind not in gen.KINDS:
            parser.error(f"there is no kind {kind}; there are {', '.join(gen.KINDS)}")
    if dashes and not foreign:
        parser.error("-- is followed by the command of a driver")
    if options.count < 0 or not 0 <= options.share <= 1:
        parser.error("COUNT is 0 or more, and SHARE is between 0 and 1")
    options.driver = foreign
    options.queued |= not foreign
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(2**32)
    return options


def command_to_repeat(options):
    words = ["tests/conformance/check", "-n", options.count, "-s", options.seed, "-r",
             options.share]
    if options.kinds != list(gen.KINDS):
        words += ["-k", ",".join(options.kinds)]
    if options.driver:
        words += ["-q"] * options.queued + ["--", *options.driver]
    return shlex.join(map(str, words))


class Check:
    """One comparison: the two programs, and what was counted."""

    def __init__(self, options, python, driver):
        self.options, self.driver = options, driver
        self.twisted = [python, "-B", environment.HERE / "oracle.py"]
        self.twisted += ["--queued"] * options.queued
        self.agree = self.all = 0
        self.told = []

    def kind(self, kind):
        """Compares all scenarios of one kind, and tells the result in a line."""
        options, self.told = self.options, []
        written = compare.load((record.RECORDED / f"{kind}.jsonl").read_text().splitlines())
        said = [self.group("written", kind, written.values(), len(written))]
        if options.count:
            drawn = gen.scenarios(kind, options.seed, options.count, options.share)
            said.append(self.group("random", kind, drawn, options.count))
        print(f"{kind}: {', '.join(said)}", *self.told, sep="\n", flush=True)

    def group(self, name, kind, scenarios, count):
        """Compares these scenarios batch by batch, and says how many agree."""
        scenarios, agree = iter(scenarios), 0
        for done in range(0, count, BATCH):
            if done:
                say(f"{kind}: {done} of {count} are done")
            agree += self.batch({one["id"]: one for one in itertools.islice(scenarios, BATCH)})
        self.agree += agree
        self.all += count
        return f"{agree} of {count} {name}"

    def batch(self, scenarios):
        """Compares these scenarios; returns how many agree."""
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            text = "".join(json.dumps(one) + "\n" for one in scenarios.values())
            (folder / "scenarios").write_text(text)
            # Both at the same time, since they take about as long.
            driver = start("the driver", self.driver, folder)
            twisted = start("Twisted", self.twisted, folder)
            if twisted.wait():
                give_up("Twisted's side failed; see above")
            self.wait(driver)
            expected = compare.load((folder / "Twisted").read_text().splitlines())
            actual = (folder / "the driver").read_text(errors="replace").splitlines()
        results, others = compare.load_results(actual)
        self.tell([f"  no result: {line}" for line in others])
        agree, told = compare.compare(scenarios, expected, results, self.options.shown)
        self.tell(told)
        return agree

    def wait(self, driver):
        try:
            status = driver.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            driver.kill()
            driver.wait()
            self.tell([f"  the driver took more than {PATIENCE} s and was stopped"])
            return
        if status:
            self.tell([f"  the driver ended with status {status}"])

    def tell(self, texts):
        self.told += texts[:max(0, self.options.shown - len(self.told))]


def start(name, command, folder):
    """Starts a program that reads the scenarios, and writes into a file of this name."""
    with open(folder / "scenarios") as scenarios, open(folder / name, "w") as output:
        try:
            return subprocess.Popen(command, stdin=scenarios, stdout=output)
        except OSError as error:
            give_up(f"{name} does not start: {error}")


def main():
    options = parse(sys.argv[1:])
    python = environment.twisted_python()
    if options.record:
        return record.record(python)
    check = Check(options, python, options.driver or environment.driver())
    print(f"seed {options.seed}; to repeat: {command_to_repeat(options)}", flush=True)
    for kind in options.kinds:
        check.kind(kind)
    print(f"check: {check.agree} of {check.all} scenarios agree")
    return 0 if check.agree == check.all > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
