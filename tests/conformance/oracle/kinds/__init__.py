"""The kinds of consumers: each drives one real class of Twisted."""

from kinds import bodies, connections, files

KINDS = {
    "chunked-encoder": bodies.ChunkedEncoder,
    "file-consumer": files.FileConsumer,
    "file-pager": files.FilePager,
    "filedescriptor": connections.FileDescriptor,
    "ftp-dtp": connections.Dtp,
    "ftp-sender": connections.Sender,
    "length-enforcer": bodies.LengthEnforcer,
    "loopback": connections.Loopback,
    "maildir-append": files.MaildirAppend,
    "protocol-adapter": files.ProtocolAdapter,
    "proxy": bodies.Proxy,
    "pull-to-push": bodies.PullToPush,
    "stringtransport": connections.StringTransport,
}
