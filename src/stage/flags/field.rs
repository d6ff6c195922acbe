//! What the JSON schema of an options struct says of one field.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Options;

/// One option: a key of config.yaml and a flag.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name as a key.
    pub name: String,
    /// The flag, without dashes.
    pub flag: String,
    /// Other names of the key.
    pub aliases: Vec<String>,
    /// What a value is.
    pub kind: Kind,
    /// Whether there may be several.
    pub is_list: bool,
    /// Whether the flag is given once a value, instead of with commas.
    pub repeats: bool,
    /// Whether the flag must be given.
    pub required: bool,
    /// As it is when it is not given.
    pub default: Value,
    /// The group of flags in `--help`.
    pub heading: Option<String>,
    /// What `--help` calls the value.
    pub value_name: Option<String>,
    /// Flags that it does not go with.
    pub conflicts: Vec<String>,
    /// The flag that it needs.
    pub requires: Option<String>,
    description: String,
    /// Schema of one value.
    schema: Map<String, Value>,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On or off.
    Switch,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// One of these, each with what it means.
    Choice(Vec<(String, String)>),
    /// Anything else.
    Text,
}

/// The fields of an options struct, in order.
pub fn fields<T: Options>() -> Vec<Field> {
    let schema = schema_of::<T>();
    let named = |(name, default): (String, Value)| Field::new(&schema["properties"][&name], name, default);
    pairs(&T::default()).into_iter().map(named).collect()
}

/// A type's schema without references.
fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The names of an enumeration, each with what it means.
pub fn choices_of<T: JsonSchema>() -> Vec<(String, String)> {
    choices(&schema_of::<T>()).unwrap_or_default()
}

/// The fields' values by name.
pub fn values<T: Serialize>(options: &T) -> Map<String, Value> {
    pairs(options).into_iter().collect()
}

/// The fields' values in order, which a [`serde_json::Value`] does not keep.
pub fn pairs<T: Serialize>(options: &T) -> Vec<(String, Value)> {
    let text = serde_json::to_string(options).unwrap_or_default();
    serde_json::from_str::<Pairs>(&text).map(|pairs| pairs.0).unwrap_or_default()
}

struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Pairs;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl Field {
    fn new(property: &Value, name: String, default: Value) -> Self {
        let text = |key: &str| property[key].as_str().map(str::to_owned);
        let list = |key: &str| -> Vec<String> {
            property[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let of_field = given(property);
        let is_list = type_of(of_field) == Some("array");
        let schema = if is_list { given(&of_field["items"]) } else { of_field };
        Field {
            flag: text("x-flag").unwrap_or_else(|| name.replace('_', "-")),
            aliases: list("x-aliases"),
            kind: Kind::of(schema),
            is_list,
            repeats: property["x-repeat"] == true,
            required: property["x-required"] == true,
            heading: text("x-heading"),
            value_name: text("x-value"),
            conflicts: list("x-conflicts"),
            requires: text("x-requires"),
            description: text("description").unwrap_or_default(),
            schema: schema.as_object().cloned().unwrap_or_default(),
            name,
            default,
        }
    }

    /// What clap knows the flag by.
    pub fn id(&self) -> String {
        self.flag.replace('-', "_")
    }

    /// What `-h` says, and, where that is more, what `--help` says.
    pub fn help(&self) -> (String, Option<String>) {
        let paragraphs: Vec<String> = self.description.split("\n\n").map(|text| text.replace('\n', " ")).collect();
        let short = paragraphs.first().map_or("", |text| text.trim_end_matches('.')).to_owned();
        (short, (paragraphs.len() > 1).then(|| paragraphs.join("\n\n")))
    }

    /// The default as it is typed, where there is one to be shown.
    pub fn default_text(&self) -> Option<String> {
        let is_shown = !self.required && !matches!(self.default, Value::Null | Value::Array(_));
        is_shown.then(|| text_of(&self.default))
    }

    /// A value of a list as one word where the flag takes several with commas, else as it is.
    pub fn joined(&self, value: &Value) -> Value {
        match value {
            Value::Array(values) if !self.repeats && !values.is_empty() => {
                Value::String(values.iter().map(text_of).collect::<Vec<_>>().join(","))
            }
            value => value.clone(),
        }
    }

    /// One value from its text.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn read<T: Options>(&self, text: &str) -> Result<Value, String> {
        let value = match self.kind {
            Kind::Integer => Value::from(text.parse::<u64>().map_err(|error| error.to_string())?),
            Kind::Number => text.parse::<f64>().map(Value::from).map_err(|error| error.to_string())?,
            _ => Value::from(text),
        };
        if value.is_null() {
            return Err("must be a finite number".to_owned());
        }
        if let Some(expected) = self.expected().filter(|_| self.kind == Kind::Integer && !self.holds(&value)) {
            return Err(format!("must be {expected}"));
        }
        let whole = if self.is_list { Value::Array(vec![value.clone()]) } else { value.clone() };
        let options = Value::Object([(self.name.clone(), whole)].into_iter().collect());
        serde_json::from_value::<T>(options).map_err(|error| error.to_string())?;
        Ok(value)
    }

    /// What is wrong with a value, beginning with it; `None` where it is in its range, or not given.
    pub fn problem(&self, value: &Value) -> Option<String> {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let wrong = values.iter().find(|value| !self.holds(value))?;
        let example = match &self.default {
            Value::Number(_) => format!(", such as {}", text_of(&self.default)),
            _ => String::new(),
        };
        Some(format!("{}: must be {}{example}", text_of(wrong), self.expected()?))
    }

    /// Whether a number is in its range; anything else is.
    fn holds(&self, value: &Value) -> bool {
        let Some(number) = value.as_f64() else { return true };
        self.bounds().all(|(keyword, bound, _)| match keyword {
            "minimum" => number >= bound,
            "exclusiveMinimum" => number > bound,
            "maximum" => number <= bound,
            _ => number < bound,
        })
    }

    /// The range in words.
    fn expected(&self) -> Option<String> {
        let words: Vec<String> = self.bounds().map(|(_, bound, words)| format!("{words} {bound}")).collect();
        (!words.is_empty()).then(|| words.join(" and "))
    }

    fn bounds(&self) -> impl Iterator<Item = (&'static str, f64, &'static str)> {
        let bound = |(keyword, words)| Some((keyword, self.schema.get(keyword)?.as_f64()?, words));
        [
            ("minimum", "at least"),
            ("exclusiveMinimum", "greater than"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "below"),
        ]
        .into_iter()
        .filter_map(bound)
    }
}

impl Kind {
    fn of(schema: &Value) -> Self {
        if let Some(choices) = choices(schema) {
            return Kind::Choice(choices);
        }
        match type_of(schema) {
            Some("boolean") => Kind::Switch,
            Some("integer") => Kind::Integer,
            Some("number") => Kind::Number,
            _ => Kind::Text,
        }
    }
}

/// The names of an enumeration, each with what it means.
fn choices(schema: &Value) -> Option<Vec<(String, String)>> {
    let help = |text: &Value| text.as_str().unwrap_or_default().trim_end_matches('.').replace('\n', " ");
    let mut choices = Vec::new();
    let alternatives = schema["oneOf"].as_array().map_or(std::slice::from_ref(schema), Vec::as_slice);
    for alternative in alternatives {
        if let Some(name) = alternative["const"].as_str() {
            choices.push((name.to_owned(), help(&alternative["description"])));
        }
        let plain = alternative["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        choices.extend(plain.map(|name| (name.to_owned(), String::new())));
    }
    (!choices.is_empty()).then_some(choices)
}

/// The schema of a value that is there: the first alternative that is not null.
fn given(schema: &Value) -> &Value {
    let mut alternatives = schema["anyOf"].as_array().into_iter().flatten();
    alternatives.find(|alternative| alternative["type"] != "null").map_or(schema, given)
}

fn type_of(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        name => name.as_str(),
    }
}

/// A value as it is typed.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // 1.0 is typed as 1
        Value::Number(number) if number.is_f64() => number.as_f64().unwrap_or_default().to_string(),
        other => other.to_string(),
    }
}
