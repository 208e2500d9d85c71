"""Relays LISTEN to TARGET; each side is registered as the producer of the other."""

import sys

from twisted.internet import reactor
from twisted.protocols.portforward import ProxyFactory

listen, target = map(int, sys.argv[1:])
reactor.listenTCP(listen, ProxyFactory("127.0.0.1", target), interface="127.0.0.1")
reactor.run()
