"""
Four ways to patch a real class; edit fails loudly when Twisted is not the pinned version.

    edit(owner, name, (old, new), ...)  replaces text in the source of one function
    replace(cls, name, other)           puts another function in its place
    first(cls, name, call)              calls this before it; a true answer ends the call
    only_if(cls, name, test)            calls it only where test(self, ...) holds

Wrappers survive a later edit of the function that they wrap.
"""

import __future__
import inspect
import textwrap

_patched = {}  # (owner, name) -> Patched


class Patched:
    """A function as Twisted has it, its edited source if there is one, and what wraps it."""

    def __init__(self, function):
        self.function, self.source, self.wrappers = function, None, []


def edit(owner, name, *changes):
    patched = _get(owner, name)
    if patched.source is None:
        patched.source = textwrap.dedent(inspect.getsource(patched.function))
    for old, new in changes:
        found = patched.source.count(old)
        if found != 1:
            raise SystemExit(f"cannot patch {owner.__name__}.{name}: found {found} times: {old!r}; "
                             "is this the Twisted of requirements.txt?")
        patched.source = patched.source.replace(old, new)
    _install(owner, name)


def replace(cls, name, other):
    patched = _get(cls, name)
    if patched.source is not None:
        raise SystemExit(f"{cls.__name__}.{name} is edited already")
    patched.function = other
    _install(cls, name)


def first(cls, name, call):
    def wrapper(original):
        def method(self, *args):
            if not call(self, *args):
                return original(self, *args)
        return method
    wrap(cls, name, wrapper)


def only_if(cls, name, test):
    first(cls, name, lambda self, *args: not test(self, *args))


def wrap(cls, name, wrapper):
    _get(cls, name).wrappers.append(wrapper)
    _install(cls, name)


def _get(owner, name):
    key = owner, name
    if key not in _patched:
        _patched[key] = Patched(getattr(owner, name))
    return _patched[key]


def _install(owner, name):
    patched = _patched[owner, name]
    function = patched.function
    if patched.source is not None:
        flags = function.__code__.co_flags & __future__.annotations.compiler_flag
        where = f"<{function.__qualname__}, repaired>"
        space = {}
        exec(compile(patched.source, where, "exec", flags, True), function.__globals__, space)
        function = space[function.__name__]
    for wrapper in patched.wrappers:
        function = wrapper(function)
    setattr(owner, name, function)
