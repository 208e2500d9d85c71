//! Starts the child at either end of a copy.

use std::future::Future;

use aqueduct::{
    actors::{Consumer, PullProducer},
    endpoints::EndpointError,
    prelude::{Bytes, File, Restart, Slot, Stdin, Stdout, Supervisor, Tcp},
    supervise::StartError,
};

use crate::{address::Address, check::Check};

/// Starts the producer that reads from the address; what it reads passes the check.
pub(crate) fn start_source(
    supervisor: &Supervisor,
    address: &Address,
    slot: &Slot<Bytes>,
    check: Check,
) -> Result<(), StartError> {
    match address.clone() {
        Address::File(path) => source(supervisor, address, slot, check, move || File::open(&path)),
        Address::Standard => source(supervisor, address, slot, check, Stdin::open),
        Address::Connect(peer) => {
            source(supervisor, address, slot, check, move || Tcp::connect(&peer).producer())
        }
        Address::Listen(local) => source(supervisor, address, slot, check, move || {
            let local = local.clone();
            async move { accept(local).await?.into_producer() }
        }),
    }
}

/// Starts the consumer that writes to the address.
pub(crate) fn start_target(
    supervisor: &Supervisor,
    address: &Address,
    slot: &Slot<Bytes>,
) -> Result<(), StartError> {
    match address.clone() {
        Address::File(path) => target(supervisor, slot, move || File::create(&path)),
        Address::Standard => target(supervisor, slot, Stdout::open),
        Address::Connect(peer) => target(supervisor, slot, move || Tcp::connect(&peer).consumer()),
        Address::Listen(local) => target(supervisor, slot, move || {
            let local = local.clone();
            async move { accept(local).await?.into_consumer() }
        }),
    }
}

/// A copy is all or nothing: an end that fails is not started again.
fn source<P, F, U>(
    supervisor: &Supervisor,
    address: &Address,
    slot: &Slot<Bytes>,
    check: Check,
    factory: F,
) -> Result<(), StartError>
where
    P: PullProducer<Item = Bytes>,
    F: Fn() -> U + 'static,
    U: Future<Output = Result<P, EndpointError>> + 'static,
{
    let name = address.to_string();
    let spec = supervisor.producer_through(&name, slot, factory, check);
    spec.restart(Restart::temporary()).start().map(drop)
}

fn target<C, F, U>(
    supervisor: &Supervisor,
    slot: &Slot<Bytes>,
    factory: F,
) -> Result<(), StartError>
where
    C: Consumer<Item = Bytes>,
    F: Fn() -> U + 'static,
    U: Future<Output = Result<C, EndpointError>> + 'static,
{
    supervisor.consumer(slot, factory).restart(Restart::temporary()).start().map(drop)
}

#[allow(clippy::print_stderr, reason = "whoever listens wants to know where, and that it waits")]
async fn accept(local: String) -> Result<aqueduct::endpoints::TcpConnection, EndpointError> {
    let listening = Tcp::listen(local).await?;
    eprintln!("listening on {}", listening.local_addr());
    listening.accept().await
}
