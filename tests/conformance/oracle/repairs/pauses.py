"""When a producer is paused and resumed, and what counts."""

from twisted.protocols import ftp
from twisted.web.http import _PullToPush

from repairs.classes import (Adapter, Chunked, Descriptor, FileConsumer, Length, Loopback, Maildir,
                             Pager, Proxy)
from repairs.patching import edit, only_if, replace


def v2_pause_once_per_full_episode():
    """Repeated pauses say nothing new, and break whoever counts them (R11, R27)."""
    edit(Descriptor, "_maybePauseProducer",
         ("if self._isSendBufferFull():",
          "if self._isSendBufferFull() and not self.producerPaused:"))
    # The state changes before the producer is called, as elsewhere (R13), since it may call back.
    edit(Proxy, "write",
         (">= self.bufferSize:", ">= self.bufferSize and not self.producerPaused:"),
         ("            self.producer.pauseProducing()\n            self.producerPaused = True",
          "            self.producerPaused = True\n            self.producer.pauseProducing()"))


def v3_limit_counts_unsent_bytes():
    """What the kernel has taken is buffered here no longer (R16)."""
    edit(Descriptor, "_isSendBufferFull",
         ("len(self.dataBuffer) +", "len(self.dataBuffer) - self.offset +"))


def v6_proxy_limit_is_strict():
    """Full means more than the limit, in a proxy as everywhere (R11, R18)."""
    edit(Proxy, "write", (">= self.bufferSize", "> self.bufferSize"))
    edit(Proxy, "resumeProducing",
         ("(bytesBuffered < self.bufferSize)", "(bytesBuffered <= self.bufferSize)"))


def v6_proxy_buffers_bytes():
    """The proxy joins its buffer as text, which fails for bytes."""
    edit(Proxy, "resumeProducing", ('"".join(', 'b"".join('))


def v8_adapter_pauses_do_not_count():
    """Paused is a state and no number, and nothing fails after the end (R26, R27)."""
    only_if(_PullToPush, "pauseProducing",
            lambda self: not self._finished and not self._coopTask._pauseCount)
    only_if(_PullToPush, "resumeProducing",
            lambda self: not self._finished and self._coopTask._pauseCount)


def v9_empty_write_is_nothing():
    """No bytes, no effect: no pause, no event, no page, and no last chunk (R53, R54)."""
    for cls in (Chunked, Length, Proxy, Loopback, Pager, FileConsumer, Maildir, Adapter, ftp.DTP):
        only_if(cls, "write", lambda self, data: bool(data))
    edit(Descriptor, "writeSequence", ("not iovec", "not any(iovec)"))
    edit(Loopback, "writeSequence", ("self.q.put(", "self.write("))
    # The encoder's own last chunk must still go out; the end is marked first (R13).
    edit(Chunked, "unregisterProducer",
         ('self.write(b"")\n    self.transport.unregisterProducer()\n    self._allowNoMoreWrites()',
          "transport = self.transport\n"
          "    self._allowNoMoreWrites()\n"
          r'    transport.writeSequence((b"0\r\n", b"", b"\r\n"))' "\n"
          "    transport.unregisterProducer()"))


def v11_loopback_is_bounded():
    """A queue without a bound hides every mistake of a producer (R11-R13)."""
    Loopback.bufferSize = 2 ** 16

    def queued(self):
        return sum(len(item) for item in self.q._queue if item is not None)

    put = Loopback._put

    def put_then_pause(self, data):
        put(self, data)
        if (self.producer is not None and self.streamingProducer
                and not self.producerPaused and queued(self) > self.bufferSize):
            self.producerPaused = True
            self.producer.pauseProducing()
    Loopback._put = put_then_pause

    def drained(self):
        if self.producer is None or self._aborting:
            return
        if not self.streamingProducer or self.producerPaused:
            self.producerPaused = False
            self.producer.resumeProducing()
    replace(Loopback, "_pollProducer", drained)
    # A pull producer is asked when it registers (R8), even after an abort.
    edit(Loopback, "registerProducer",
         ("self._pollProducer()", "if not streaming:\n        producer.resumeProducing()"))
