"""The real classes that are repaired."""

from twisted.internet import abstract, protocol, testing
from twisted.mail import maildir
from twisted.protocols import ftp, loopback, pcp
from twisted.spread import util
from twisted.web import _newclient

Descriptor = abstract.FileDescriptor
Proxy = pcp.ProducerConsumerProxy
Loopback = loopback._LoopbackTransport
Adapter = protocol.ProtocolToConsumerAdapter
FileConsumer = ftp.FileConsumer
Maildir = maildir._MaildirMailboxAppendMessageTask
String = testing.StringTransport
StringThatCloses = testing.StringTransportWithDisconnection
Chunked = _newclient.ChunkedEncoder
Length = _newclient.LengthEnforcingConsumer
Pager = util.FilePager
