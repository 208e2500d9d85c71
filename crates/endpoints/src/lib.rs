//! Producers and consumers of bytes at the edge of the process: files, TCP, stdin and stdout.
//!
//! ```
//! use aqueduct_actors::Shell;
//! use aqueduct_endpoints::File;
//! use aqueduct_link::{Slot, Watermarks, kib};
//! # let directory = tempfile::tempdir()?;
//! # let (old, new) = (directory.path().join("old"), directory.path().join("new"));
//! # std::fs::write(&old, "water")?;
//!
//! actix::System::new().block_on(async {
//!     let slot = Slot::new("new", Watermarks::bytes(kib(64), kib(256))?);
//!     let outlet = slot.register("old")?;
//!     let writer = Shell::consumer("new", File::create(&new).await?, &slot)?.start();
//!     let reader = Shell::pull("old", File::open(&old).await?, outlet).start();
//!     reader.finished().await?;
//!     writer.finished().await?; // On the disk, and under its final name.
//!     Ok::<(), Box<dyn std::error::Error>>(())
//! })?;
//! # assert_eq!(std::fs::read(&new)?, b"water");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An endpoint is made by an async function, so that the function is the factory a supervisor
//! wants: `|| File::open("x")`.
//! Its page says which buffers stand behind it, what pausing means there, and by what a stream
//! that broke off can be told from one that is finished: [`File`], [`Tcp`], [`Stdin`], [`Stdout`].
//!
//! What they have in common:
//!
//! * a **producer** reads only what is wanted, at most one chunk ahead of the link, into a [`Slab`]
//!   that recycles its memory;
//! * a **consumer** leaves items in the link until the kernel has taken them: that is its commit,
//!   and the moment their credit goes back. What the kernel does with them later is another matter,
//!   which each page tells;
//! * between two of them, a file or a connection at either end, bytes may stay in the kernel: the
//!   link carries [`Span`]s then, which only say where bytes are;
//! * an **error** ([`EndpointError`]) names the thing, the byte, and what to do about it.
//!
//! What is in an address or a path is not looked into here; whoever takes them from strangers
//! checks them first.

mod blocking;
mod error;
mod file;
mod kernel;
mod portions;
mod slab;
mod stdio;
mod taken;
mod tcp;

pub use error::{Action, EndpointError};
pub use file::{CreateFile, File, FileConsumer, FileProducer, OpenFile};
pub use kernel::{Route, Span, SpanConsumer, SpanProducer, Way};
pub use slab::{BLOCK, CHUNK, Slab};
pub use stdio::{Stdin, StdinProducer, Stdout, StdoutConsumer};
pub use tcp::{AcceptTcp, ConnectTcp, Tcp, TcpConnection, TcpConsumer, TcpListening, TcpProducer};
