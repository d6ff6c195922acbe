//! Options as flags: a struct of serde and schemars becomes flags of clap, words of a command line, and checks.
//!
//! What a JSON schema cannot say stands beside the field, for example `#[schemars(extend("x-value" = "BP"))]`:
//!
//! - `x-value`: what `--help` calls the value;
//! - `x-flag`: the flag, where it is not called like the field;
//! - `x-aliases`: other names of the key in config.yaml;
//! - `x-heading`: the group of flags in `--help`;
//! - `x-conflicts`: flags that it does not go with;
//! - `x-requires`: the flag that it needs;
//! - `x-repeat`: a list whose flag is given once a value, not with commas;
//! - `x-required`: the flag must be given.

mod field;
mod words;

use std::ops::{Deref, DerefMut};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, Error};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};

pub use self::field::{Field, Kind, fields};
pub use self::words::{Word, words};

/// A struct of options: plain data, with the defaults of [`Default`].
pub trait Options: Clone + Default + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {}

impl<T: Clone + Default + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static> Options for T {}

/// Options that are given as flags.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flags<T>(pub T);

impl<T> Deref for Flags<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Flags<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Options> Flags<T> {
    /// Numbers outside their range, a sentence each.
    pub fn problems(&self) -> Vec<String> {
        problems(&self.0).into_iter().map(|(field, problem)| format!("--{} {problem}", field.flag)).collect()
    }
}

/// The fields of an options struct whose numbers are outside their range, and what is said of them.
pub fn problems<T: Options>(options: &T) -> Vec<(Field, String)> {
    let values = field::values(options);
    let problem = |field: Field| {
        let problem = field.problem(values.get(&field.name)?)?;
        Some((field, problem))
    };
    fields::<T>().into_iter().filter_map(problem).collect()
}

impl<T: Options> Serialize for Flags<T> {
    /// A map from flags to values; what is as by default is left out.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = field::values(&self.0);
        let mut map = serializer.serialize_map(None)?;
        for field in fields::<T>() {
            let Some(value) = values.get(&field.name).filter(|value| field.required || **value != field.default) else {
                continue;
            };
            map.serialize_entry(&field.flag, &field.joined(value))?;
        }
        map.end()
    }
}

impl<T: Options> clap::Args for Flags<T> {
    fn augment_args(command: Command) -> Command {
        fields::<T>().into_iter().fold(command, |command, field| command.arg(argument::<T>(field)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: Options> clap::FromArgMatches for Flags<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut values = Map::new();
        for field in fields::<T>() {
            let id = field.id();
            let value = match field.kind {
                Kind::Switch => matches.get_flag(&id).then_some(Value::Bool(true)),
                _ if field.is_list => {
                    matches.get_many::<Value>(&id).map(|values| Value::Array(values.cloned().collect()))
                }
                _ => matches.get_one::<Value>(&id).cloned(),
            };
            values.extend(value.map(|value| (field.name, value)));
        }
        let options = serde_json::from_value(Value::Object(values));
        options.map(Flags).map_err(|error| Error::raw(ErrorKind::ValueValidation, format!("{error}\n")))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Reads a value of an enumeration, whose names and their meanings are shown.
pub fn one_of<T: JsonSchema + DeserializeOwned + Clone + Send + Sync + 'static>() -> impl TypedValueParser<Value = T> {
    let choices = field::choices_of::<T>();
    let choices = choices.into_iter().map(|(name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(choices).try_map(|name| serde_json::from_value::<T>(Value::String(name)))
}

/// The flag of a field.
fn argument<T: Options>(field: Field) -> Arg {
    let (short, long) = field.help();
    let argument = Arg::new(field.id()).long(field.flag.clone()).help(short).required(field.required);
    let argument = match long {
        Some(long) => argument.long_help(long),
        None => argument,
    };
    let argument = match &field.heading {
        Some(heading) => argument.help_heading(heading.clone()),
        None => argument,
    };
    let argument = argument.conflicts_with_all(field.conflicts.clone());
    let argument = match &field.requires {
        Some(other) => argument.requires(other.clone()),
        None => argument,
    };
    if field.kind == Kind::Switch {
        return argument.action(ArgAction::SetTrue);
    }
    let name = field.value_name.clone().unwrap_or_else(|| field.flag.to_uppercase().replace('-', "_"));
    let argument = argument.value_name(name);
    let argument = match (field.is_list, field.repeats) {
        (false, _) => argument,
        (true, true) => argument.action(ArgAction::Append),
        (true, false) => argument.action(ArgAction::Append).value_delimiter(','),
    };
    let argument = match field.default_text() {
        Some(default) => argument.default_value(default),
        None => argument,
    };
    match &field.kind {
        Kind::Choice(choices) => {
            let choices = choices.iter().map(|(name, help)| PossibleValue::new(name.clone()).help(help.clone()));
            argument.value_parser(PossibleValuesParser::new(choices).map(Value::String))
        }
        _ => argument.value_parser(move |text: &str| field.read::<T>(text)),
    }
}

#[cfg(test)]
mod tests;
