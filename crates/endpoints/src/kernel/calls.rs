//! The system calls; where there are none of them, all are told to be missing.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
};

/// Moves from a place in a file to a file or socket.
#[cfg(target_os = "linux")]
pub(super) fn sendfile(
    from: impl AsFd,
    mut offset: u64,
    to: impl AsFd,
    most: usize,
) -> io::Result<usize> {
    Ok(rustix::fs::sendfile(to, from, Some(&mut offset), most)?)
}

/// Moves from a place in a file to where the other one is written.
#[cfg(target_os = "linux")]
pub(super) fn copy_file_range(
    from: impl AsFd,
    mut offset: u64,
    to: impl AsFd,
    most: usize,
) -> io::Result<usize> {
    Ok(rustix::fs::copy_file_range(from, Some(&mut offset), to, None, most)?)
}

/// Moves into a pipe or out of it, and waits for neither.
#[cfg(target_os = "linux")]
pub(super) fn splice(from: impl AsFd, to: impl AsFd, most: usize) -> io::Result<usize> {
    use rustix::pipe::SpliceFlags;
    let flags = SpliceFlags::NONBLOCK | SpliceFlags::MOVE;
    Ok(rustix::pipe::splice(from, None, to, None, most, flags)?)
}

/// Makes a pipe that waits for nobody, with about this much room if that is allowed: its end to
/// read, and its end to write.
#[cfg(target_os = "linux")]
pub(super) fn pipe(room: usize) -> io::Result<(OwnedFd, OwnedFd)> {
    use rustix::pipe::PipeFlags;
    let ends = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    // A pipe of the usual size will do.
    let _ = rustix::pipe::fcntl_setpipe_size(&ends.1, room);
    Ok(ends)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn sendfile(_: impl AsFd, _: u64, _: impl AsFd, _: usize) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn copy_file_range(_: impl AsFd, _: u64, _: impl AsFd, _: usize) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn splice(_: impl AsFd, _: impl AsFd, _: usize) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn pipe(_: usize) -> io::Result<(OwnedFd, OwnedFd)> {
    Err(io::ErrorKind::Unsupported.into())
}

/// How many bytes wait in a socket.
pub(super) fn waiting(socket: impl AsFd) -> io::Result<u64> {
    Ok(rustix::io::ioctl_fionread(socket)?)
}

/// Looks at the next byte of a socket, and leaves it there; none is the end.
pub(super) fn peek(socket: impl AsFd) -> io::Result<usize> {
    use rustix::net::{RecvFlags, recv};
    let mut byte = [0];
    Ok(recv(socket, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT)?.0)
}

/// Reads what waits in a socket or pipe.
pub(super) fn read(from: impl AsFd, into: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::read(from, into)?)
}

/// Has urgent bytes be bytes like others, since those that are not are not counted right.
pub(super) fn take_urgent_inline(socket: impl AsFd) -> io::Result<()> {
    Ok(rustix::net::sockopt::set_socket_oobinline(socket, true)?)
}

/// Calls again what a signal has interrupted.
pub(super) fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Returns whether the call cannot move these bytes, and another may; nothing was moved then.
///
/// What a device answers (`EIO`) may be said of either side: reading tells of which.
pub(super) fn cannot(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    use rustix::io::Errno;
    const ANSWERS: [Errno; 9] = [
        Errno::INVAL,
        Errno::NOSYS,
        Errno::OPNOTSUPP,
        Errno::XDEV,
        Errno::BADF,
        Errno::PERM,
        Errno::OVERFLOW,
        Errno::NOMEM,
        Errno::IO,
    ];
    let number = error.raw_os_error();
    error.kind() == Kind::Unsupported
        || ANSWERS.iter().any(|answer| number == Some(answer.raw_os_error()))
}
