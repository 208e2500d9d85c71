"""How streams and connections end."""

from twisted.protocols import ftp, loopback
from twisted.web.http import _PullToPush

from repairs.classes import (Descriptor, FileConsumer, Length, Loopback, Maildir, Proxy, String,
                             StringThatCloses)
from repairs.patching import edit, first, only_if, replace, wrap


def v5_close_waits_for_unregister():
    """It is promised: flush, wait for unregister, close; push and pull alike (R32, R40-R42)."""
    _descriptor_waits()
    _string_transport_waits()
    _loopback_waits()


def _descriptor_waits():
    edit(Descriptor, "doWrite",
         ("        elif self.disconnecting:",
          "        elif self.producer is not None:\n            pass\n"
          "        elif self.disconnecting:"))
    edit(Descriptor, "unregisterProducer",
         ("self.connected and self.disconnecting:",
          "self.connected and (self.disconnecting or\n"
          "            self._writeDisconnecting and not self._writeDisconnected):"))


def _string_transport_waits():
    def wait(self):
        self._losing = True
        return self.producer is not None

    def then_close(original):
        def unregisterProducer(self):
            original(self)
            if self._losing:
                self.loseConnection()
        return unregisterProducer
    StringThatCloses._losing = False
    first(StringThatCloses, "loseConnection", wait)
    wrap(StringThatCloses, "unregisterProducer", then_close)


def _loopback_waits():
    """
    The end marker goes into the queue only when nobody is registered.

    It stays last there, and comes out again for a registration.
    """
    def close(self):
        if not (self.q.disconnect or self._gone):
            self.q.disconnect = True
            self.q.put(None)

    def lose(self):
        self.disconnecting = True
        if self.producer is None:
            close(self)

    def abort(self):
        self._aborting = True
        close(self)

    def unregister(self):
        self.producer, self.producerPaused = None, False
        if self.disconnecting:
            close(self)

    def reopen(self, producer, streaming):
        if self.q.disconnect and not (self._aborting or self._gone):
            self.q.disconnect = False
            self.q._queue.remove(None)

    def put(self, data):
        if self.q.disconnect:
            self.q._queue.insert(len(self.q._queue) - 1, data)
        else:
            self.q.put(data)
    Loopback._gone = Loopback._aborting = Loopback.producerPaused = False
    Loopback._put = put
    replace(Loopback, "loseConnection", lose)
    replace(Loopback, "abortConnection", abort)
    replace(Loopback, "unregisterProducer", unregister)
    first(Loopback, "registerProducer", reopen)
    edit(Loopback, "write", ("self.q.put(data)", "self._put(data)"))


def v6_proxy_finish_follows_the_buffer():
    """finish must not overtake the data that it finishes (R36)."""
    Proxy._finishing = False

    def finish(self):
        if self.consumer is not None:
            if self._buffer:
                self._finishing = True
            else:
                self.consumer.finish()
        self.unregisterProducer()
    replace(Proxy, "finish", finish)
    edit(Proxy, "resumeProducing",
         ("    if (\n        self.unregistered\n",
          "    if self._finishing and bytesSent and not self._buffer:\n"
          "        self._finishing = False\n"
          "        self.consumer.finish()\n"
          "    if (\n        self.unregistered\n"))


def v10_stop_once_when_the_consumer_goes():
    """A consumer that goes away tells its producer, once, before anyone else (R44, R48, R49)."""
    # Forgotten first, then stopped (R13), since the producer may call back.
    edit(Descriptor, "connectionLost",
         ("        self.producer.stopProducing()\n        self.producer = None",
          "        producer, self.producer, self.producerPaused = self.producer, None, False\n"
          "        producer.stopProducing()"))
    _loopback_stops()
    _string_transport_stops()
    _maildir_stops()
    _proxy_stops()
    only_if(_PullToPush, "stopProducing", lambda self: not self._finished)
    _length_stops_once()


def _loopback_stops():
    def gone(self):
        self._gone = True
        producer, self.producer, self.producerPaused = self.producer, None, False
        if producer is not None:
            producer.stopProducing()
    Loopback._goneAway = gone
    edit(loopback, "_loopbackAsyncBody",
         ("            server.connectionLost(",
          "            server.transport._goneAway()\n            server.connectionLost("),
         ("            client.connectionLost(",
          "            client.transport._goneAway()\n            client.connectionLost("))


def _string_transport_stops():
    def stop_and_forget(self):
        self.disconnected = True
        producer, self.producer, self.streaming = self.producer, None, None
        if producer is not None:
            producer.stopProducing()
    first(String, "abortConnection", stop_and_forget)


def _maildir_stops():
    edit(Maildir, "fail",
         ("self.defer.errback(err)\n    self.defer = None",
          "deferred, self.defer = self.defer, None\n"
          "    producer, self.myproducer = getattr(self, 'myproducer', None), None\n"
          "    if producer is not None:\n"
          "        producer.stopProducing()\n"
          "    deferred.errback(err)"))
    # The sender reports its stop as a failure, for which nobody waits here.
    edit(Maildir, "startUp",
         ("beginFileTransfer(self.msg, self)",
          "beginFileTransfer(self.msg, self).addErrback(lambda _: None)"))


def _proxy_stops():
    """The proxy goes away when it is stopped; it then drops what it holds."""
    def stop(self):
        producer, self.producer, self.producerIsStreaming = self.producer, None, None
        self.stopped, self.consumer, self._buffer = True, None, []
        self._finishing = self.unregistered = self.producerPaused = False
        if producer is not None:
            producer.stopProducing()
    replace(Proxy, "stopProducing", stop)
    for name in ("stopProducing", "pauseProducing", "resumeProducing", "write"):
        only_if(Proxy, name, lambda self, *args: not self.stopped)


def _length_stops_once():
    Length._stopped = False
    edit(Length, "write",
         ("        self._producer.stopProducing()\n        raise ExcessWrite()",
          "        if not self._stopped:\n"
          "            self._stopped = True\n"
          "            self._producer.stopProducing()\n"
          "        raise ExcessWrite()"),
         ("        with _ignoreStopProducerWrite:\n",
          "        finished, self._stopped = self._finished, True\n"
          "        self._allowNoMoreWrites()\n"
          "        with _ignoreStopProducerWrite:\n"),
         ("        self._finished.errback(", "        finished.errback("))


def write_after_the_end_is_dropped():
    """Nobody is there to take it; only the two that count bytes raise (R46)."""
    FileConsumer._closed = False
    edit(FileConsumer, "unregisterProducer",
         ("self.fObj.close()", "self._closed = True\n    self.fObj.close()"))
    for cls, is_open in (
        (FileConsumer, lambda self: not self._closed),
        (Maildir, lambda self: self.defer is not None),
        (Loopback, lambda self: not self._gone),
        (ftp.DTP, lambda self: self.isConnected),
    ):
        only_if(cls, "write", lambda self, data, is_open=is_open: is_open(self))


def half_close_happens_once():
    """It is nothing when the connection is gone, or when it was asked for already (R31, R38)."""
    only_if(Descriptor, "loseWriteConnection",
            lambda self: not self.disconnected and not self._writeDisconnecting)
