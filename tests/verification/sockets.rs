//! TCP, both ways, against a peer that is not ours.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use aqueduct::endpoints::{EndpointError, Tcp, TcpConsumer, TcpProducer};
use aqueduct_testkit::{
    ConsumerVerification, ProducerVerification, verify_consumer, verify_producer,
};

use crate::{bytes, chunk};

/// What one peer sends in all, in chunks.
const CHUNKS: u64 = 800;

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// Sends all; a peer that wants no more is none of its business.
fn send(mut stream: TcpStream) {
    let _ = (0..CHUNKS).try_for_each(|n| stream.write_all(&chunk(n)));
}

/// Reads to the end, or to a reset.
fn receive(mut stream: TcpStream) {
    let mut buffer = [0; 65_536];
    while stream.read(&mut buffer).is_ok_and(|bytes| bytes > 0) {}
}

/// The address of a peer that does this with the first connection.
fn peer(with: fn(TcpStream)) -> String {
    let (listener, address) = listener();
    thread::spawn(move || listener.accept().map(|(stream, _)| with(stream)));
    address
}

/// A peer that connects, and does this.
fn connects(to: SocketAddr, with: fn(TcpStream)) {
    thread::spawn(move || TcpStream::connect(to).map(with));
}

async fn connected_producer() -> Result<TcpProducer, EndpointError> {
    Tcp::connect(peer(send)).producer().await
}

async fn connected_consumer() -> Result<TcpConsumer, EndpointError> {
    Tcp::connect(peer(receive)).consumer().await
}

async fn accepted_producer() -> Result<TcpProducer, EndpointError> {
    Tcp::accept("127.0.0.1:0").listening(|address| connects(address, send)).producer().await
}

async fn accepted_consumer() -> Result<TcpConsumer, EndpointError> {
    Tcp::accept("127.0.0.1:0").listening(|address| connects(address, receive)).consumer().await
}

verify_producer!(a_socket_that_is_read, ProducerVerification::pull(connected_producer, bytes));
verify_producer!(a_caller_that_is_read, ProducerVerification::pull(accepted_producer, bytes));
verify_consumer!(a_socket_that_is_written, ConsumerVerification::new(connected_consumer, chunk));
verify_consumer!(a_caller_that_is_written, ConsumerVerification::new(accepted_consumer, chunk));
