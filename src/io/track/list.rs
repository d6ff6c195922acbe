//! Track formats by their names, as users, config.yaml and its schema know them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use super::FORMATS;
use super::format::Format;

impl Format {
    /// The format that users call `name`.
    pub fn named(name: &str) -> Option<Format> {
        FORMATS.iter().find(|format| format.name == name).copied()
    }

    /// The names of all formats, for messages.
    pub fn names() -> String {
        FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ")
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        Format::named(&name).ok_or_else(|| {
            D::Error::custom(format!("there is no track format {name:?}; known are {}", Format::names()))
        })
    }
}

impl JsonSchema for Format {
    fn schema_name() -> Cow<'static, str> {
        "TrackFormat".into()
    }

    /// As an enumeration with a description of each value has it.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |format: &Format| json_schema!({"description": format.about, "type": "string", "const": format.name});
        json_schema!({"description": "A track format.", "oneOf": FORMATS.iter().map(one).collect::<Vec<_>>()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_extensions_are_told_apart() {
        for (at, format) in FORMATS.iter().enumerate() {
            for other in &FORMATS[at + 1..] {
                assert!(format.name != other.name && format.extension != other.extension, "{format} and {other}");
            }
        }
    }

    #[test]
    fn a_format_is_written_by_its_name_and_read_back() {
        for &format in FORMATS {
            let text = serde_json::to_string(&format).unwrap();
            assert_eq!(text, format!("\"{}\"", format.name));
            assert_eq!(serde_json::from_str::<Format>(&text).unwrap(), format);
        }
        let problem = serde_json::from_str::<Format>("\"wig\"").unwrap_err().to_string();
        assert!(problem.contains("bedgraph, bigwig"), "{problem}");
    }
}
