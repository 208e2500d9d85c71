"""Transports, and the protocols of FTP that stand on one."""

import hashlib
import types

from twisted.internet import task, testing
from twisted.internet.defer import Deferred
from twisted.protocols import ftp, loopback

from kernel import Connected, RecordingProtocol
from world import Downstream, Kind, name_of


class FileDescriptor(Connected):
    """abstract.FileDescriptor, by way of tcp.Connection."""

    def setup(self):
        self.consumer = self.connect(RecordingProtocol(self.world))

    def final(self):
        final = super().final()
        final["producer"] = final.pop("transport_producer")
        return final


class Dtp(Connected):
    """ftp.DTP: a consumer towards its connection, a producer towards a consumer."""

    def setup(self):
        self.consumer = ftp.DTP()
        self.consumer.factory = types.SimpleNamespace(deferred=Deferred())
        lost = self.consumer.connectionLost

        def told(reason):
            lost(reason)
            self.world.saw("closed", to="dtp", reason=reason.type.__name__)
        self.consumer.connectionLost = told
        self.consumer.makeConnection(self.connect(self.consumer))

    def on_register_consumer(self, event):
        self.watch(self.consumer.registerConsumer(Downstream(self.world)))

    def on_lose(self, event):
        self.connection.loseConnection()

    def on_abort(self, event):
        self.connection.abortConnection()

    def final(self):
        return {**super().final(), "dtp_connected": self.consumer.isConnected}


class Sender(Connected):
    """ftp.SenderProtocol, Twisted's own finishable consumer."""

    def setup(self):
        self.consumer = ftp.SenderProtocol()
        self.watch(self.consumer.deferred)
        self.consumer.makeConnection(self.connect(self.consumer))

    def on_abort(self, event):
        self.connection.abortConnection()


class StringTransport(Kind):
    """internet.testing.StringTransport, or the one with disconnection."""

    def setup(self):
        if self.options.get("with_disconnection"):
            self.consumer = testing.StringTransportWithDisconnection()
            self.consumer.protocol = RecordingProtocol(self.world)
        else:
            self.consumer = testing.StringTransport(lenient=self.options.get("lenient", False))

    def final(self):
        real = self.consumer
        return {
            **recorded(real),
            "producer": name_of(real.producer),
            "streaming": real.streaming,
            "producer_state": real.producerState,
            "connected": bool(real.connected),
            "disconnecting": real.disconnecting,
            "disconnected": real.disconnected,
        }


def recorded(transport):
    """What a StringTransport was given."""
    value = transport.value()
    return {"emitted": len(value), "sha256": hashlib.sha256(value).hexdigest()}


class Loopback(Kind):
    """loopback._LoopbackTransport: the server's end, both ends pumped by loopbackAsync."""

    def setup(self):
        world = self.world
        world.patch(loopback, "deferLater", lambda reactor, delay, call, *args, **kw:
                    task.deferLater(world.clock, delay, call, *args, **kw))
        server = RecordingProtocol(world, "server")
        client = RecordingProtocol(world, "client")
        deliver = client.dataReceived

        def received(data):
            world.count(data)
            deliver(data)
        client.dataReceived = received
        policies = {
            "identity": loopback.identityPumpPolicy,
            "collapsing": loopback.collapsingPumpPolicy,
        }
        policy = policies[self.options.get("policy", "identity")]
        done = loopback.loopbackAsync(server, client, pumpPolicy=policy)
        done.addErrback(lambda failure:
                        world.saw("deferred", m="failed", type=failure.type.__name__))
        self.consumer = server.transport
        if "buffer_size" in self.options:
            self.consumer.bufferSize = self.options["buffer_size"]

    def final(self):
        real = self.consumer
        final = {"producer": name_of(real.producer)}
        if not real._gone:
            final["producer_paused"] = real.producerPaused
            final["queued"] = sum(len(item) for item in real.q._queue if item is not None)
            final["disconnect_requested"] = real.disconnecting or real._aborting
        return final
