"""A reactor and a socket that do what the scenario says, under a real tcp.Connection."""

import errno
import socket

from twisted.internet import main, protocol, tcp
from twisted.internet.posixbase import _DisconnectSelectableMixin
from twisted.python.failure import Failure

from world import Kind, name_of, told

# What says nothing any more once a connection is dead, and is nobody's contract.
DEAD = ("streaming", "producer_paused", "buffered", "disconnecting", "reading", "writing")


class FakeReactor(_DisconnectSelectableMixin):
    """Knows who waits for events; the logic of a disconnect is the real reactor's."""

    def __init__(self, world):
        self.world = world
        self.readers, self.writers = set(), set()

    def addReader(self, reader):
        self.readers.add(reader)

    def removeReader(self, reader):
        self.readers.discard(reader)

    def addWriter(self, writer):
        self.writers.add(writer)

    def removeWriter(self, writer):
        self.writers.discard(writer)

    def callLater(self, delay, call, *args, **kw):
        return self.world.clock.callLater(delay, call, *args, **kw)

    def seconds(self):
        return self.world.clock.seconds()

    def ready(self, selectable, method):
        """What every POSIX reactor does with a ready descriptor."""
        try:
            why = getattr(selectable, method)()
        except Exception as error:
            self.world.saw("log", **told(error))
            why = error
        if why:
            self._disconnectSelectable(selectable, why, method == "doRead")


class FakeSocket:
    """Takes as many bytes as the scenario lets it, and gives those that the scenario sends."""

    def __init__(self, world):
        self.world, self.inbox = world, None

    def setblocking(self, flag):
        pass

    def fileno(self):
        return 7

    def send(self, data):
        room = self.world.capacity
        n = len(data) if room is None else min(len(data), room)
        if len(data) and n == 0:
            raise OSError(errno.EWOULDBLOCK, "would block")
        if room is not None:
            self.world.capacity -= n
        self.world.emit(data[:n])
        return n

    def recv(self, size):
        data, self.inbox = self.inbox, None
        if data is None:
            raise OSError(errno.EWOULDBLOCK, "would block")
        return data

    def shutdown(self, how):
        if how == socket.SHUT_WR:
            self.world.saw("socket", m="shutdown_write")

    def setsockopt(self, level, name, value):
        if name == socket.SO_LINGER:
            self.world.saw("socket", m="reset")

    def getsockopt(self, *args):
        return 0

    def close(self):
        self.world.saw("socket", m="close")


class RecordingProtocol(protocol.Protocol):
    """Tells what arrives and how the connection ends."""

    def __init__(self, world, name="protocol"):
        self.world, self.name = world, name

    def dataReceived(self, data):
        self.world.saw("deliver", to=self.name, n=len(data))

    def connectionLost(self, reason=None):
        why = reason.type.__name__ if isinstance(reason, Failure) else str(reason)
        self.world.saw("closed", to=self.name, reason=why)


class Connected(Kind):
    """A kind that stands on a connection."""

    connection = None

    def connect(self, proto):
        self.reactor, self.socket = FakeReactor(self.world), FakeSocket(self.world)
        connection = tcp.Connection(self.socket, proto, self.reactor)
        connection.connected = 1 if self.options.get("connected", True) else 0
        connection.bufferSize = self.options.get("buffer_size", connection.bufferSize)
        connection.SEND_LIMIT = self.options.get("send_limit", connection.SEND_LIMIT)
        if connection.connected:
            connection.startReading()
        self.connection = connection
        return connection

    def on_drain(self, event):
        # After an abort Twisted asks for events that it then ignores, and after a half close even
        # for those of a socket that is gone; no kernel would send any.
        gone = not hasattr(self.connection, "socket")
        if self.connection not in self.reactor.writers or gone or self.connection._aborting:
            self.world.saw("noop", why="not-writing")
            return
        self.world.capacity = event.get("n")
        try:
            self.reactor.ready(self.connection, "doWrite")
        finally:
            self.world.capacity = 0

    def on_read(self, event):
        if self.connection not in self.reactor.readers or self.connection._aborting:
            self.world.saw("noop", why="not-reading")
            return
        self.socket.inbox = b"r" * event["n"]
        self.reactor.ready(self.connection, "doRead")

    def on_lost(self, event):
        self.reactor._disconnectSelectable(self.connection, main.CONNECTION_LOST, False)

    def on_half_close(self, event):
        self.connection.loseWriteConnection()

    def final(self):
        real = self.connection
        final = {
            "transport_producer": name_of(real.producer),
            "streaming": bool(real.streamingProducer) if real.producer is not None else None,
            "producer_paused": bool(real.producerPaused),
            "buffered": len(real.dataBuffer) - real.offset + real._tempDataLen,
            "connected": bool(real.connected),
            "disconnecting": bool(real.disconnecting),
            "disconnected": bool(real.disconnected),
            "reading": real in self.reactor.readers,
            "writing": real in self.reactor.writers,
        }
        if real.disconnected or real._aborting:
            for key in DEAD:
                del final[key]
        return final
