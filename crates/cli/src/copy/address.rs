//! Where data comes from or goes to, as it is typed.

use std::{fmt, path::PathBuf, str::FromStr};

/// A place to copy from or to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    File(PathBuf),
    /// stdin or stdout.
    Standard,
    Connect(String),
    Listen(String),
}

/// Something that is no place.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("an empty path names nothing: give a path, or - for stdin or stdout")]
    Empty,
    #[error(
        "unknown scheme {scheme}://{hint}: use a path, -, tcp://HOST:PORT or \
         tcp-listen://HOST:PORT (for a file of this name, put ./ in front)"
    )]
    Scheme { scheme: String, hint: String },
    #[error("{address} has no {missing}: write it as {scheme}://HOST:PORT")]
    Incomplete { scheme: &'static str, address: String, missing: &'static str },
}

/// The known schemes, and what they are taken for when something close to them is typed.
const SCHEMES: [&str; 2] = ["tcp", "tcp-listen"];

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.split_once("://") {
            Some(("tcp", rest)) => Ok(Self::Connect(host_and_port("tcp", rest)?)),
            Some(("tcp-listen", rest)) => Ok(Self::Listen(host_and_port("tcp-listen", rest)?)),
            // A scheme has no slash; what has one is a path in which :// happens to be.
            Some((scheme, _)) if !scheme.contains('/') => Err(AddressError::Scheme {
                scheme: scheme.into(),
                hint: closest(scheme)
                    .map(|known| format!(" (did you mean {known}://?)"))
                    .unwrap_or_default(),
            }),
            _ if text == "-" => Ok(Self::Standard),
            _ if text.is_empty() => Err(AddressError::Empty),
            _ => Ok(Self::File(text.into())),
        }
    }
}

fn host_and_port(scheme: &'static str, rest: &str) -> Result<String, AddressError> {
    let missing = |missing| AddressError::Incomplete { scheme, address: rest.into(), missing };
    let rest = rest.trim_end_matches('/');
    let (host, port) = rest.rsplit_once(':').ok_or_else(|| missing("port"))?;
    if host.is_empty() {
        return Err(missing("host"));
    }
    if port.parse::<u16>().is_err() {
        return Err(missing("port from 0 to 65535"));
    }
    Ok(rest.into())
}

/// The scheme that differs from this one in the fewest letters, if they are few.
fn closest(typed: &str) -> Option<&'static str> {
    let differences = |known: &str| {
        let common = known.chars().zip(typed.chars()).take_while(|(a, b)| a == b).count();
        known.len().max(typed.len()) - common
    };
    SCHEMES
        .into_iter()
        .min_by_key(|known| differences(known))
        .filter(|known| differences(known) <= 2)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Standard => f.write_str("-"),
            Self::Connect(address) => write!(f, "tcp://{address}"),
            Self::Listen(address) => write!(f, "tcp-listen://{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<Address, &str>) {
        let parsed = text.parse::<Address>().map_err(|error| error.to_string());
        match (parsed, expected) {
            (Ok(address), Ok(expected)) => assert_eq!(address, expected),
            (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
            (parsed, expected) => panic!("{text}: {parsed:?} and not {expected:?}"),
        }
    }

    #[test]
    fn every_kind_of_place_is_known_by_its_form() {
        check("a/b", Ok(Address::File("a/b".into())));
        check("-", Ok(Address::Standard));
        check("./-", Ok(Address::File("./-".into())));
        check("tcp://[::1]:80", Ok(Address::Connect("[::1]:80".into())));
        check("tcp-listen://localhost:0/", Ok(Address::Listen("localhost:0".into())));
        check("./odd://name", Ok(Address::File("./odd://name".into())));
    }

    #[test]
    fn what_is_no_place_is_told_with_the_remedy() {
        check("", Err("give a path"));
        check("http://a", Err("use a path, -, tcp://HOST:PORT"));
        check("tpc://a:1", Err("did you mean tcp://?"));
        check("foo://a:1", Err("unknown scheme foo://: use a path"));
        check("tcp-liste://a:1", Err("did you mean tcp-listen://?"));
        check("tcp://a", Err("has no port"));
        check("tcp://:1", Err("has no host"));
        check("tcp://a:99999", Err("port from 0 to 65535"));
    }
}
