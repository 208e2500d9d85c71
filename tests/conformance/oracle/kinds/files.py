"""Consumers that write into files, mailboxes and protocols; the files are memory."""

import errno
import io
import types

from twisted.internet.interfaces import IConsumer
from twisted.mail import maildir
from twisted.protocols import ftp
from twisted.spread import util

from kernel import FakeReactor, RecordingProtocol
from world import Kind, name_of


class FileConsumer(Kind):
    """ftp.FileConsumer."""

    def setup(self):
        world = self.world

        class File:
            closed = False

            def write(self, data):
                if self.closed:
                    raise ValueError("write to closed file")
                world.emit(data)

            def close(self):
                self.closed = True
                world.saw("file", m="close")
        self.file = File()
        self.consumer = ftp.FileConsumer(self.file)

    def final(self):
        return {"producer": name_of(self.consumer.producer), "file_closed": self.file.closed}


class FilePager(Kind):
    """spread.util.FilePager over a file of file_size bytes."""

    def setup(self):
        world = self.world

        class Collector:
            def registerPageProducer(self, pager):
                world.saw("down", m="registerPageProducer")

            def callRemote(self, name, *args, **kw):
                if args:
                    world.emit(args[0])
                world.saw("down", m="callRemote:" + name)
        collector = Collector()
        collector.broker = collector
        file = io.BytesIO(world.payload(self.options.get("file_size", 0)))
        self.consumer = util.FilePager(collector, file, lambda: world.saw("callback"))

    def on_send_next_page(self, event):
        self.consumer.sendNextPage()

    def on_still_paging(self, event):
        self.world.saw("result", value=bool(self.consumer.stillPaging()))

    def final(self):
        return {
            "chunks": [len(chunk) for chunk in self.consumer.chunks],
            "still_paging": bool(self.consumer._stillPaging),
            "has_producer": self.consumer.producer is not None,
        }


class MaildirAppend(Kind):
    """maildir._MaildirMailboxAppendMessageTask; manual is without a sender of its own."""

    def setup(self):
        world, options = self.world, self.options
        world.patch(maildir, "reactor", FakeReactor(world))

        class Task(maildir._MaildirMailboxAppendMessageTask):
            def osopen(self, name, flags, mode):
                if options.get("open_fails"):
                    raise OSError(errno.EPERM, "no")
                return 99

            def oswrite(self, handle, data):
                if options.get("write_fails"):
                    raise OSError(errno.ENOSPC, "full")
                world.emit(data)
                return len(data)

            def osclose(self, handle):
                world.saw("file", m="close")

            def osrename(self, old, new):
                if options.get("rename_fails"):
                    raise OSError(errno.EPERM, "no")
                world.saw("file", m="rename")
        self.mailbox = types.SimpleNamespace(path=b"/nowhere", list=[])
        self.consumer = Task(self.mailbox, io.BytesIO(world.payload(options.get("file_size", 0))))
        self.watch(self.consumer.defer)
        if options.get("manual"):
            self.consumer.fh = 99
            self.consumer.tmpname = b"/nowhere/x"

    def on_start(self, event):
        self.consumer.startUp()

    def final(self):
        final = {"messages": len(self.mailbox.list)}
        if self.options.get("manual"):
            final["producer"] = name_of(getattr(self.consumer, "myproducer", None))
        return final


class ProtocolAdapter(Kind):
    """protocol.ProtocolToConsumerAdapter, got by adapting a protocol."""

    def setup(self):
        self.consumer = IConsumer(RecordingProtocol(self.world))

    def final(self):
        return {"producer": name_of(self.consumer.producer)}
