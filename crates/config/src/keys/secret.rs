//! Values that may stand elsewhere: in the environment, or in a file of their own.

use std::path::PathBuf;

use toml::de::{DeTable, DeValue};

use super::{Ask, Found};
use crate::{mistake::Mistake, near::remedy, secrets, units::Fault};

/// A text, and where it stood.
struct Text {
    text: String,
    /// What may be told of it: `$TOKEN`, or nothing if it stands in the file itself.
    from: Option<String>,
}

impl Text {
    /// What a message calls it.
    fn told(&self) -> String {
        match &self.from {
            None => format!("`{}`", self.text),
            Some(place) => format!("the value of {place}"),
        }
    }
}

/// Reads a text; `None` where there is none, or where it is not looked up.
fn read(ask: &mut Ask<'_, '_>, value: &Found<'_>) -> Option<Text> {
    match value.get_ref() {
        DeValue::String(text) => Some(Text { text: text.clone().into_owned(), from: None }),
        DeValue::Table(table) => elsewhere(ask, value, table),
        _ => {
            ask.wrong_type(value);
            None
        }
    }
}

/// The keys of a table that says where a value stands.
const PLACES: [&str; 2] = ["env", "file"];

fn elsewhere(ask: &mut Ask<'_, '_>, value: &Found<'_>, table: &DeTable<'_>) -> Option<Text> {
    let mut keys = table.iter();
    let (Some((key, place)), None) = (keys.next(), keys.next()) else {
        let help = "write `{ env = \"NAME\" }` or `{ file = \"path\" }`";
        let message = format!("`{}` stands in one place elsewhere, or here", ask.spec.name);
        ask.found.mistakes.push(Mistake::new(value.span(), message, "not one key").help(help));
        return None;
    };
    if !PLACES.contains(&&**key.get_ref()) {
        let message = format!("`{}` is no place for a value", key.get_ref());
        let help = remedy(key.get_ref(), PLACES);
        ask.found.mistakes.push(Mistake::new(key.span(), message, "not known here").help(help));
        return None;
    }
    let name = place.get_ref().as_str().filter(|name| !name.is_empty());
    let Some(name) = name else {
        let message = format!("`{}` takes a name", key.get_ref());
        ask.found
            .mistakes
            .push(Mistake::new(place.span(), message, "this is none").help("write it in quotes"));
        return None;
    };
    let found = look_up(ask, key.get_ref(), name)?;
    match found {
        Ok(text) => {
            ask.found.secrets.push(text.clone());
            let from =
                if key.get_ref() == "env" { format!("`${name}`") } else { format!("`{name}`") };
            Some(Text { text, from: Some(from) })
        }
        Err(Fault { message, help }) => {
            let mistake = Mistake::new(place.span(), message, "not there");
            ask.found.mistakes.push(mistake.help(help));
            None
        }
    }
}

/// Returns the value, or nothing if values are not looked up.
fn look_up(ask: &Ask<'_, '_>, place: &str, name: &str) -> Option<Result<String, Fault>> {
    let env = ask.env?;
    Some(if place == "env" {
        env(name).ok_or_else(|| {
            let message = format!("the environment has no `{name}`");
            Fault::new(message, "set this variable before the pipeline is started")
        })
    } else {
        secrets::from_file(name).map_err(|error| {
            let message = format!("`{name}` cannot be read: {error}");
            Fault::new(message, "make the file, and let this user read it")
        })
    })
}

pub(super) fn text(ask: &mut Ask<'_, '_>, value: &Found<'_>) -> Option<String> {
    read(ask, value).map(|text| text.text)
}

pub(super) fn path(ask: &mut Ask<'_, '_>, value: &Found<'_>) -> Option<PathBuf> {
    let text = read(ask, value)?;
    if text.text.is_empty() {
        ask.fault(value, Fault::new("an empty path names nothing", "write the path of a file"));
        return None;
    }
    if text.text.contains('\0') {
        let message = format!("{} is no path: it has a NUL in it", text.told().escape_debug());
        ask.fault(value, Fault::new(message, "write the path of a file"));
        return None;
    }
    Some(text.text.into())
}

pub(super) fn address(ask: &mut Ask<'_, '_>, value: &Found<'_>) -> Option<String> {
    let text = read(ask, value)?;
    let Some(missing) = missing(&text.text) else { return Some(text.text) };
    let message = format!("{} has no {missing}", text.told());
    ask.fault(value, Fault::new(message, "write an address as \"HOST:PORT\""));
    None
}

/// What an address lacks.
fn missing(address: &str) -> Option<&'static str> {
    let Some((host, port)) = address.rsplit_once(':') else { return Some("port") };
    if host.is_empty() {
        return Some("host");
    }
    // The colons of an address of IPv6 are not the one before the port.
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        return Some("brackets around its host, as in `[::1]:9000`");
    }
    port.parse::<u16>().is_err().then_some("port from 0 to 65535")
}
