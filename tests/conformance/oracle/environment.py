"""The Python with the pinned Twisted, and the driver of this repository: both made when missing."""

import json
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
ENVIRONMENT = ROOT / "target" / "conformance-venv"
REQUIREMENTS = HERE / "requirements.txt"
OLDEST = 3, 11

WITHOUT = "without Twisted, compare with what is recorded: cargo test -p aqueduct-conformance"


def say(text):
    """Tells what goes on, beside the result."""
    print(text, file=sys.stderr, flush=True)


def give_up(text):
    say(f"error: {text}")
    sys.exit(2)


def twisted_python():
    """Returns the path of a Python that has the pinned Twisted."""
    if sys.version_info < OLDEST:
        give_up(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, and {sys.executable} is "
                f"older; name a newer one with PYTHON=; {WITHOUT}")
    python, complete = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "complete"
    wanted = REQUIREMENTS.read_text()
    if complete.exists() and complete.read_text() == wanted:
        return str(python)
    say(f"making {ENVIRONMENT.relative_to(ROOT)} with the pinned Twisted; once, about 20 s")
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT])
    if made.returncode:
        give_up("the virtual environment could not be made; install the venv module of your Python "
                f"(python3-venv on Debian), or name another Python with PYTHON=; {WITHOUT}")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
               "--retries", "1", "--no-deps", "--requirement", REQUIREMENTS]
    if subprocess.run(install).returncode:
        give_up(f"the packages of {REQUIREMENTS.relative_to(ROOT)} could not be installed; let pip "
                f"reach a package index, then run this again; {WITHOUT}")
    complete.write_text(wanted)
    return str(python)


def driver():
    """Builds the driver of this repository, and returns the command that runs it."""
    if not shutil.which("cargo"):
        give_up("cargo is missing; install a Rust toolchain, or name another driver: "
                "check -- DRIVER")
    say("building aqueduct-conformance")
    build = ["cargo", "build", "--quiet", "--release", "--package", "aqueduct-conformance",
             "--message-format", "json-render-diagnostics"]
    built = subprocess.run(build, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode:
        give_up("aqueduct-conformance does not build; see above")
    messages = map(json.loads, built.stdout.splitlines())
    programs = [one["executable"] for one in messages if one.get("executable")]
    return [programs[-1]]
