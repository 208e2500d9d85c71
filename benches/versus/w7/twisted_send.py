"""Sends the file PATH to the port TARGET."""

import sys

from twisted.internet import protocol, reactor
from twisted.protocols.basic import FileSender


class Send(protocol.Protocol):
    def connectionMade(self):
        self.file = open(sys.argv[1], "rb")
        sent = FileSender().beginFileTransfer(self.file, self.transport)
        sent.addBoth(lambda _: self.transport.loseConnection())

    def connectionLost(self, reason):
        reactor.stop()


factory = protocol.ClientFactory.forProtocol(Send)
reactor.connectTCP("127.0.0.1", int(sys.argv[2]), factory)
reactor.run()
