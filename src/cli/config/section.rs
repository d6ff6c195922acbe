//! The sections of config.yaml: which options structs share one, and what their schema is.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::own::Sheets;
use crate::stage::flags::{self, Field, Options};

/// A section: its name, what it is about, and the structs whose fields are its keys.
pub struct Section {
    pub name: &'static str,
    pub description: &'static str,
    pub parts: Vec<Part>,
}

/// A struct whose fields are keys of a section.
pub struct Part {
    pub fields: Vec<Field>,
    schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Part {
    pub fn of<T: Options>() -> Self {
        Part { fields: flags::fields::<T>(), schema: T::json_schema }
    }
}

impl Section {
    /// Its keys.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.parts.iter().flat_map(|part| &part.fields)
    }

    /// Every name of its keys, in order.
    pub fn names(&self) -> Vec<String> {
        self.fields().flat_map(|field| std::iter::once(&field.name).chain(&field.aliases)).cloned().collect()
    }

    /// Its schema, and whether it must be there.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> (Value, bool) {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in &self.parts {
            let schema = (part.schema)(generator).to_value();
            for field in &part.fields {
                let mut property = schema["properties"][&field.name].clone();
                if let Value::Object(keywords) = &mut property {
                    keywords.retain(|keyword, _| !keyword.starts_with("x-"));
                }
                for alias in &field.aliases {
                    let mut other = property.clone();
                    other["description"] = json!(format!("Another name of {}.", field.name));
                    properties.insert(alias.clone(), other);
                }
                properties.insert(field.name.clone(), property);
            }
            required.extend(schema["required"].as_array().into_iter().flatten().cloned());
        }
        let mut schema = json!({"type": "object", "description": self.description, "properties": properties,
            "additionalProperties": false});
        let is_required = !required.is_empty();
        if is_required {
            schema["required"] = json!(required);
        }
        (schema, is_required)
    }
}

/// Declares [`Config`](super::Config): a field for each struct of options, by section.
macro_rules! sections {
    ($($section:ident, $about:literal {  $($field:ident: $part:ty),* $(,)? })*) => {
        /// The whole chain's configuration. Paths are relative to the folder of the file.
        #[derive(Clone, Debug)]
        pub struct Config {
            /// The tables of samples and pairs.
            pub sheets: Sheets,
            $($(#[doc = $about] pub $field: $part,)*)*
        }

        impl Config {
            /// Its sections, in order.
            pub(in crate::cli) fn sections() -> Vec<section::Section> {
                vec![$(section::Section {
                    name: stringify!($section),
                    description: $about,
                    parts: vec![$(section::Part::of::<$part>()),*],
                }),*]
            }

            /// Reads the text; every section is read once for each of its structs.
            fn parse(text: &str) -> Result<Config, read::Problem> {
                read::check_keys(text, &Config::sections())?;
                Ok(Config {
                    sheets: read::sheets(text)?,
                    $($($field: read::read(text, stringify!($section))?,)*)*
                })
            }
        }

        impl schemars::JsonSchema for Config {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "Config".into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                section::schema(generator, &Config::sections())
            }
        }
    };
}
pub(super) use sections;

/// The schema of all sections.
pub fn schema(generator: &mut SchemaGenerator, sections: &[Section]) -> Schema {
    let sheets = Sheets::json_schema(generator).to_value();
    let mut properties = sheets["properties"].as_object().cloned().unwrap_or_default();
    let mut required = vec!["samples"];
    for section in sections {
        let (schema, is_required) = section.schema(generator);
        properties.insert(section.name.to_owned(), schema);
        required.extend(is_required.then_some(section.name));
    }
    let about = "The whole chain's configuration. Paths are relative to the folder of the file.";
    let schema = json!({"type": "object", "description": about, "properties": properties, "required": required,
        "additionalProperties": false});
    Schema::try_from(schema).unwrap_or_default()
}
