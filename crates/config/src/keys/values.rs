//! Values that stand in the file itself.

use std::time::Duration;

use regex::bytes::Regex;
use toml::de::DeValue;

use super::{Ask, Found, Mark, Type};
use crate::{
    mistake::Mistake,
    near::remedy,
    units::{self, Fault},
};

/// A regular expression over bytes.
///
/// The default stands for one that could not be read, and matches nothing.
#[derive(Clone, Debug, Default)]
pub struct Pattern(Option<Regex>);

impl Pattern {
    /// Returns whether it is found in these bytes.
    #[must_use]
    pub fn is_match(&self, bytes: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(bytes))
    }

    /// Returns it as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", Regex::as_str)
    }
}

/// What a value is, for whoever expected another.
pub(crate) fn told(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl Ask<'_, '_> {
    /// Says that the value is of another type than the key takes.
    pub(super) fn wrong_type(&mut self, value: &Found<'_>) {
        let (name, takes) = (self.spec.name, &self.spec.takes);
        let message = format!("`{name}` takes {}", takes.told());
        let label = format!("this is {}", told(value.get_ref()));
        let help = format!("write it as `{name} = {}`", takes.example());
        self.found.mistakes.push(Mistake::new(value.span(), message, label).help(help));
    }

    /// Says that the value is of the right type and still none.
    pub(super) fn fault(&mut self, value: &Found<'_>, fault: Fault) {
        let label = format!("`{}` takes {}", self.spec.name, self.spec.takes.told());
        let mistake = Mistake::new(value.span(), fault.message, label);
        self.found.mistakes.push(mistake.help(fault.help));
    }

    fn parse<T>(
        &mut self,
        value: &Found<'_>,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value);
            return None;
        };
        parse(text).map_err(|fault| self.fault(value, fault)).ok()
    }
}

pub(super) fn size(ask: &mut Ask<'_, '_>, value: &Found<'_>) -> Option<u64> {
    ask.parse(value, units::size)
}

pub(super) fn duration(ask: &mut Ask<'_, '_>, value: &Found<'_>) -> Option<Duration> {
    ask.parse(value, units::duration)
}

pub(super) fn mark(ask: &mut Ask<'_, '_>, value: &Found<'_>) -> Option<Mark> {
    let (unit, amount) = ask.parse(value, units::mark)?;
    Some(Mark { unit, amount, span: value.span() })
}

pub(super) fn count(ask: &mut Ask<'_, '_>, value: &Found<'_>) -> Option<u64> {
    let Some(number) = value.get_ref().as_integer() else {
        ask.wrong_type(value);
        return None;
    };
    let Type::Count { least, most } = ask.spec.takes else { return None };
    let read = u64::from_str_radix(number.as_str(), number.radix()).ok();
    let within = read.filter(|number| (least..=most).contains(number));
    if within.is_none() {
        let message = format!("{number} is out of range");
        let help = format!("write {}", ask.spec.takes.told());
        ask.fault(value, Fault::new(message, help));
    }
    within
}

pub(super) fn choice(ask: &mut Ask<'_, '_>, value: &Found<'_>) -> Option<&'static str> {
    let Type::Choice(words) = ask.spec.takes else { return None };
    ask.parse(value, |text| {
        let known = words.iter().find(|word| **word == text).copied();
        known.ok_or_else(|| {
            let help = remedy(text, words.iter().copied());
            Fault::new(format!("`{text}` is none of the words that are known here"), help)
        })
    })
}

pub(super) fn flag(ask: &mut Ask<'_, '_>, value: &Found<'_>) -> Option<bool> {
    let flag = value.get_ref().as_bool();
    if flag.is_none() {
        ask.wrong_type(value);
    }
    flag
}

pub(super) fn pattern(ask: &mut Ask<'_, '_>, value: &Found<'_>) -> Option<Pattern> {
    ask.parse(value, |text| match Regex::new(text) {
        Ok(regex) => Ok(Pattern(Some(regex))),
        Err(error) => Err(Fault::new(
            format!("this is no regular expression: {}", reason(&error)),
            "put a backslash before a sign that is meant as itself, and the whole in single quotes",
        )),
    })
}

/// The last line of the error says why; those before it show what the message shows anyway.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

pub(super) fn name(ask: &mut Ask<'_, '_>, value: &Found<'_>) -> Option<String> {
    ask.parse(value, |text| match text {
        "" => Err(Fault::new("an empty name names nothing", "write a name, or leave it out")),
        _ if text.chars().any(char::is_control) => {
            Err(Fault::new("a name is one line without control characters", "write another name"))
        }
        _ => Ok(text.to_owned()),
    })
}
