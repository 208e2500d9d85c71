"""Consumers in front of a consumer: HTTP bodies, the proxy, and the adapter of pull producers."""

import sys

from twisted.internet import task, testing
from twisted.internet.defer import Deferred
from twisted.protocols import pcp
from twisted.web import _newclient
from twisted.web.http import _PullToPush

from kernel import Connected, RecordingProtocol
from kinds.connections import recorded
from world import Downstream, Kind, name_of, told


class ChunkedEncoder(Connected):
    """_newclient.ChunkedEncoder over a connection, or over a StringTransport."""

    def setup(self):
        if self.options.get("transport") == "filedescriptor":
            self.transport = self.connect(RecordingProtocol(self.world))
        else:
            self.transport = testing.StringTransport()
        self.consumer = _newclient.ChunkedEncoder(self.transport)

    def on_error(self, event):
        # What Twisted's Request does when the body's producer fails.
        self.consumer._allowNoMoreWrites()
        self.transport.unregisterProducer()

    def final(self):
        closed = self.consumer.transport is None
        if self.connection is not None:
            return {**super().final(), "encoder_closed": closed}
        return {
            **recorded(self.transport),
            "transport_producer": name_of(self.transport.producer),
            "encoder_closed": closed,
        }


class LengthEnforcer(Kind):
    """_newclient.LengthEnforcingConsumer over a StringTransport."""

    def setup(self):
        self.transport = testing.StringTransport()
        producer = self.world.producer("p1")
        producer.length = self.options.get("length", 10)
        finished = Deferred()
        finished.addErrback(lambda failure: self.world.saw("errback", **told(failure.value)))
        self.consumer = _newclient.LengthEnforcingConsumer(producer, self.transport, finished)

    def on_no_more(self, event):
        self.consumer._noMoreWritesExpected()

    def on_error(self, event):
        self.consumer._allowNoMoreWrites()

    def final(self):
        return {
            **recorded(self.transport),
            "remaining": self.consumer._length,
            "closed": self.consumer._finished is None,
        }


class Proxy(Kind):
    """pcp.ProducerConsumerProxy."""

    def setup(self):
        limit = self.options.get("write_limit")

        class Limited(pcp.ProducerConsumerProxy):
            iAmStreaming = self.options.get("i_am_streaming", True)

            if limit is not None:
                def _writeSomeData(self, data):
                    return super()._writeSomeData(data[:limit])
        self.consumer = Limited(Downstream(self.world))
        if "buffer_size" in self.options:
            self.consumer.bufferSize = self.options["buffer_size"]

    def final(self):
        real = self.consumer
        producer, has_downstream = name_of(real.producer), real.consumer is not None
        if real.stopped:
            return {"producer": producer, "has_downstream": has_downstream}
        return {
            "producer": producer,
            "producer_streaming": real.producerIsStreaming,
            "paused": real.paused,
            "producer_paused": real.producerPaused,
            "outstanding_pull": real.outstandingPull,
            "buffered": sum(len(part) for part in real._buffer),
            "has_downstream": has_downstream,
            "unregister_pending": real.unregistered,
            "finish_pending": real._finishing,
        }


class PullToPush(Kind):
    """_PullToPush, with one work unit for each tick and not as many as 10 ms have room for."""

    def setup(self):
        world, kind = self.world, self
        cooperator = task.Cooperator(
            terminationPredicateFactory=lambda: (lambda: True),
            scheduler=lambda call: world.clock.callLater(0, call))
        world.patch(sys.modules[_PullToPush.__module__], "cooperate", cooperator.cooperate)

        class Consumer(Downstream):
            def unregisterProducer(self):
                super().unregisterProducer()
                if kind.options.get("cooperative", True):
                    kind.adapter.stopStreaming()
        self.consumer = Consumer(world)
        self.adapter = _PullToPush(world.producer("p1"), self.consumer)

    def on_start(self, event):
        self.adapter.startStreaming()

    def on_stop_streaming(self, event):
        self.adapter.stopStreaming()

    def on_pause(self, event):
        self.adapter.pauseProducing()

    def on_resume(self, event):
        self.adapter.resumeProducing()

    def on_stop(self, event):
        self.adapter.stopProducing()

    def final(self):
        work = getattr(self.adapter, "_coopTask", None)
        final = {"finished": self.adapter._finished, "started": work is not None}
        if not self.adapter._finished:
            final["paused"] = bool(work and work._pauseCount)
        return final
