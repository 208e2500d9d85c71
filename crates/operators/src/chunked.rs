//! A stream whose length nobody knows yet, in chunks that tell theirs.

use bytes::Bytes;

use crate::Transform;

/// Returns the transform that puts its length before each chunk, as the chunked transfer coding of
/// HTTP/1.1 asks (RFC 9112, section 7.1), and the last chunk behind them all.
///
/// An empty chunk is skipped: in that coding it would be the end of the body.
/// Whoever gives up before [`finish`](Transform::finish) leaves a body without a last chunk, by
/// which its reader knows that it was cut off.
#[must_use]
pub const fn chunked() -> Chunked {
    Chunked(())
}

/// See [`chunked`].
#[derive(Clone, Debug)]
pub struct Chunked(());

/// What follows each chunk.
const END_OF_CHUNK: Bytes = Bytes::from_static(b"\r\n");
/// The chunk of length 0, with no trailers behind it.
const LAST_CHUNK: Bytes = Bytes::from_static(b"0\r\n\r\n");

impl Transform for Chunked {
    type In = Bytes;
    type Out = Bytes;
    type Error = std::convert::Infallible;

    const HOLDS: bool = false;

    /// Emits the length, the chunk as it is, and the end of its line: nothing is copied.
    fn apply(&mut self, chunk: Bytes, emit: &mut impl FnMut(Bytes)) -> Result<(), Self::Error> {
        if !chunk.is_empty() {
            emit(Bytes::from(format!("{:x}\r\n", chunk.len())));
            emit(chunk);
            emit(END_OF_CHUNK);
        }
        Ok(())
    }

    fn finish(&mut self, emit: &mut impl FnMut(Bytes)) -> Result<(), Self::Error> {
        emit(LAST_CHUNK);
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "chunked"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(chunks: &[&'static str]) -> Bytes {
        let (mut transform, mut body) = (chunked(), Vec::new());
        for chunk in chunks {
            let Ok(()) =
                transform.apply(Bytes::from_static(chunk.as_bytes()), &mut |part| body.push(part));
        }
        let Ok(()) = transform.finish(&mut |part| body.push(part));
        body.concat().into()
    }

    #[test]
    fn each_chunk_tells_its_length_in_hexadecimal_and_the_last_one_ends_the_body() {
        assert_eq!(encoded(&["Wiki", "pedia in", " \r\n\r\nchunks of so many letters"]), {
            "4\r\nWiki\r\n8\r\npedia in\r\n1e\r\n \r\n\r\nchunks of so many letters\r\n0\r\n\r\n"
        });
    }

    #[test]
    fn an_empty_chunk_does_not_end_the_body() {
        assert_eq!(encoded(&["a", "", "b"]), "1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
        assert_eq!(encoded(&[]), "0\r\n\r\n");
    }
}
