//! The arguments of a stage as words of a command line.

use serde::Serialize;
use serde_json::Value;

use super::field::{pairs, text_of};

/// A flag and its value; a switch has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The flag, with its dashes.
    pub flag: String,
    /// Its value.
    pub value: Option<String>,
}

/// Everything that is given, in the order of the fields: a flag a field, for a list a flag a value.
pub fn words<A: Serialize>(arguments: &A) -> Vec<Word> {
    let mut words = Vec::new();
    for (name, value) in pairs(arguments) {
        let flag = format!("--{}", name.replace('_', "-"));
        let word = |value: &Value| Word { flag: flag.clone(), value: Some(text_of(value)) };
        match &value {
            Value::Null | Value::Bool(false) => {}
            Value::Bool(true) => words.push(Word { flag, value: None }),
            Value::Array(values) => words.extend(values.iter().map(word)),
            one => words.push(word(one)),
        }
    }
    words
}
