"""Who is registered."""

from twisted.protocols import ftp

from repairs.classes import (Adapter, Chunked, Descriptor, FileConsumer, Loopback, Maildir, Pager,
                             Proxy, String, StringThatCloses)
from repairs.patching import edit, first, only_if, replace


def v1_second_registration_is_one_runtime_error():
    """Replacing loses a producer without a word, so every kind refuses, with one text (R1, R3)."""
    def refuse(attribute):
        def check(self, producer, streaming):
            incumbent = getattr(self, attribute, None)
            if incumbent is not None:
                raise RuntimeError(f"Cannot register producer {producer}, because producer "
                                   f"{incumbent} was never unregistered.")
        return check
    # A FileDescriptor does so already, and with it whatever passes the registration on to one.
    for cls in (Proxy, Loopback, FileConsumer, Pager, String):
        first(cls, "registerProducer", refuse("producer"))
    first(Maildir, "registerProducer", refuse("myproducer"))

    def remember(self, producer, streaming):
        self.producer = producer

    def forget(self):
        self.producer = None
    Adapter.producer = None
    replace(Adapter, "registerProducer", remember)
    replace(Adapter, "unregisterProducer", forget)
    first(Adapter, "registerProducer", refuse("producer"))


def v4_registration_starts_running():
    """Paused belongs to a registration, or the next one gets a resume for nothing (R7, R17)."""
    edit(Descriptor, "unregisterProducer",
         ("self.producer = None", "self.producer = None; self.producerPaused = False"))
    edit(Proxy, "unregisterProducer",
         ("del self.producer\n", "del self.producer; self.producerPaused = False\n"))


def v7_unregister_of_nothing_is_silent():
    """Who is stopped may say goodbye late; that is no error, and ends nothing twice (R29, R34)."""
    def registered(self):
        return self.producer is not None
    for cls in (Proxy, Loopback, String, StringThatCloses, FileConsumer):
        only_if(cls, "unregisterProducer", registered)
    FileConsumer.producer = None
    only_if(Maildir, "unregisterProducer",
            lambda self: getattr(self, "myproducer", None) is not None)
    only_if(ftp.DTP, "unregisterProducer", lambda self: self.transport.producer is not None)
    only_if(Chunked, "unregisterProducer",
            lambda self: self.transport is not None and self.transport.producer is not None)
    # The proxy passes each unregister downstream once: the flag is up only from an unregister
    # until the buffer before it is sent.
    edit(Proxy, "unregisterProducer",
         ("self.unregistered = True", "self.unregistered = bool(self._buffer)"))
    edit(Proxy, "resumeProducing",
         ("        self.consumer.unregisterProducer()",
          "        self.unregistered = False\n        self.consumer.unregisterProducer()"))


def register_after_the_end_stops_at_once():
    """A newcomer must learn that nobody is there (R4)."""
    def at_once(is_gone):
        def check(self, producer, streaming):
            if is_gone(self):
                producer.stopProducing()
                return True
        return check
    for cls, is_gone in (
        (String, lambda self: self.disconnected or not self.connected),
        (Loopback, lambda self: self._gone),
        (Proxy, lambda self: self.stopped),
        (Chunked, lambda self: self.transport is None),
        (FileConsumer, lambda self: self._closed),
        (Maildir, lambda self: self.defer is None),
    ):
        first(cls, "registerProducer", at_once(is_gone))


def refused_registration_changes_nothing():
    """FileConsumer takes push producers only, and must not keep one that it refuses (R1)."""
    edit(FileConsumer, "registerProducer",
         ("self.producer = producer\n    assert streaming",
          "assert streaming\n    self.producer = producer"))


def page_without_producer():
    """What waits when a pager's producer unregisters is still sent (R28)."""
    edit(Pager, "sendNextPage",
         ("    self.producer.resumeProducing()",
          "    if self.producer is not None:\n        self.producer.resumeProducing()"))
