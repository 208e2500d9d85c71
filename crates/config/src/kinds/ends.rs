//! What pipelines begin and end with.

use aqueduct_endpoints::{CHUNK, ConnectTcp, File, Tcp};
use aqueduct_pipeline::erased::Part;

use crate::{keys::Keys, parts};

const READ: &str = "The file that is read.";
const CONNECT: &str = "The address that is connected to.";
const RETRY: &str =
    "For how long to try again while nobody listens there; without it, the first refusal is final.";
const LISTEN: &str =
    "The address where a peer is waited for: of this machine, or 0.0.0.0 for all that it has.";

pub(super) fn read(keys: &mut Keys<'_>) -> Part {
    let path = keys.path("read", READ).required();
    let chunk = keys
        .size("chunk", "The most that is read at once.")
        .check(|bytes| match bytes {
            0 => Err(("a chunk of 0 bytes reads nothing", "write it as \"64 KiB\"")),
            _ => Ok(()),
        })
        .or(CHUNK as u64);
    parts::read_file(File::open(path).chunk(usize::try_from(chunk).unwrap_or(CHUNK)))
}

pub(super) fn write(keys: &mut Keys<'_>) -> Part {
    let doc = "The file that is made; one of this name is replaced.";
    let path = keys.path("write", doc).required();
    keys.makes("write", &path);
    parts::write_file(File::create(path))
}

pub(super) fn append(keys: &mut Keys<'_>) -> Part {
    let path = keys.path("append", "The file that is written to, behind what is there.").required();
    parts::write_file(File::append(path))
}

pub(super) fn from(keys: &mut Keys<'_>) -> Part {
    parts::receive(connect(keys))
}

pub(super) fn to(keys: &mut Keys<'_>) -> Part {
    parts::send(connect(keys))
}

fn connect(keys: &mut Keys<'_>) -> ConnectTcp {
    let address = keys.address("connect", CONNECT).required();
    let retry = keys.duration("retry", RETRY).optional();
    Tcp::connect(address).retrying(retry.unwrap_or_default())
}

pub(super) fn accept(keys: &mut Keys<'_>) -> Part {
    parts::receive_from_peer(Tcp::accept(keys.address("listen", LISTEN).required()))
}

pub(super) fn serve(keys: &mut Keys<'_>) -> Part {
    parts::send_to_peer(Tcp::accept(keys.address("listen", LISTEN).required()))
}

pub(super) fn stdin(_: &mut Keys<'_>) -> Part {
    parts::stdin()
}

pub(super) fn stdout(_: &mut Keys<'_>) -> Part {
    parts::stdout()
}
