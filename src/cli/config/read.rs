//! Reading the sections of config.yaml: a section's keys are shared out among its options structs.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, Visitor};

use super::own::Sheets;
use super::section::Section;
use crate::stage::flags::{self, Field, Options};

/// What is wrong with the text.
#[derive(Debug)]
pub struct Problem {
    /// Line and column, where they are known.
    pub place: Option<String>,
    /// In words.
    pub text: String,
}

impl From<serde_yaml::Error> for Problem {
    fn from(error: serde_yaml::Error) -> Self {
        let text = error.to_string();
        // the location is said once, in front
        Problem { place: place_of(&error), text: text.split(" at line ").next().unwrap_or(&text).to_owned() }
    }
}

fn place_of(error: &serde_yaml::Error) -> Option<String> {
    error.location().map(|at| format!("line {}, column {}", at.line(), at.column()))
}

/// The keys outside the sections.
pub fn sheets(text: &str) -> Result<Sheets, Problem> {
    Ok(serde_yaml::from_str(text)?)
}

/// Refuses keys that there are not, and sections that are there twice.
pub fn check_keys(text: &str, sections: &[Section]) -> Result<(), Problem> {
    let deserializer = serde_yaml::Deserializer::from_str(text);
    let sheets = flags::fields::<Sheets>().into_iter().map(|field| field.name);
    let names = sheets.chain(sections.iter().map(|section| section.name.to_owned())).collect();
    Ok(Keys { names, sections }.deserialize(deserializer)?)
}

/// Reads what a section says of one struct. A key without a value is as if it were left out.
pub fn read<T: Options>(text: &str, section: &'static str) -> Result<T, Problem> {
    let names: BTreeSet<String> = flags::fields::<T>().iter().flat_map(names_of).collect();
    let empty: BTreeSet<String> =
        Of { section, wanted: Empty }.deserialize(serde_yaml::Deserializer::from_str(text))?.unwrap_or_default();
    let wanted = Fields { names: names.difference(&empty).cloned().collect(), of: std::marker::PhantomData::<T> };
    let found = Of { section, wanted }.deserialize(serde_yaml::Deserializer::from_str(text));
    let part = match found.map_err(|error| named::<T>(text, section, error))? {
        Some(part) => part,
        None => {
            let nothing = MapDeserializer::<_, serde_yaml::Error>::new(std::iter::empty::<(&str, &str)>());
            T::deserialize(nothing).map_err(|_| serde_yaml::Error::missing_field(section))?
        }
    };
    match flags::problems(&part).into_iter().next() {
        Some((field, problem)) => {
            let place = place(text, section, &field);
            Err(Problem { place, text: format!("{section}.{} {problem}", field.name) })
        }
        None => Ok(part),
    }
}

/// Names the key whose value is wrong where the error blames the whole section, as it does for a text that is read
/// into something else.
fn named<T: Options>(text: &str, section: &'static str, error: serde_yaml::Error) -> Problem {
    let problem = Problem::from(error);
    let Some(message) = problem.text.strip_prefix(&format!("{section}: ")) else { return problem };
    let fails_alone = |field: &Field| {
        let wanted = Fields { names: names_of(field), of: std::marker::PhantomData::<T> };
        let found = Of { section, wanted }.deserialize(serde_yaml::Deserializer::from_str(text));
        found.is_err_and(|error| Problem::from(error).text == problem.text)
    };
    let Some(field) = flags::fields::<T>().into_iter().find(fails_alone) else { return problem };
    let text_of_problem = format!("{section}.{}: {message}", field.name);
    Problem { place: place(text, section, &field).or(problem.place), text: text_of_problem }
}

fn names_of(field: &Field) -> BTreeSet<String> {
    std::iter::once(&field.name).chain(&field.aliases).cloned().collect()
}

/// Line and column of a key's value.
fn place(text: &str, section: &'static str, field: &Field) -> Option<String> {
    let wanted = Fields { names: names_of(field), of: std::marker::PhantomData::<Here> };
    let found = Of { section, wanted }.deserialize(serde_yaml::Deserializer::from_str(text));
    found.err().as_ref().and_then(place_of)
}

/// Reads one key's value by failing at it, which says where it is.
struct Here;

impl<'de> Deserialize<'de> for Here {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Stop;
        impl<'de> Visitor<'de> for Stop {
            type Value = Here;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("another value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Here, A::Error> {
                if map.next_key::<IgnoredAny>()?.is_some() {
                    map.next_value::<Nothing>()?;
                }
                Ok(Here)
            }
        }
        deserializer.deserialize_map(Stop)
    }
}

/// What no value is.
struct Nothing;

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Stop;
        impl Visitor<'_> for Stop {
            type Value = Nothing;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("another value")
            }
        }
        deserializer.deserialize_any(Stop)
    }
}

/// Looks for a section, and reads it by `wanted`.
struct Of<W> {
    section: &'static str,
    wanted: W,
}

impl<'de, W: DeserializeSeed<'de>> DeserializeSeed<'de> for Of<W> {
    type Value = Option<W::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, W: DeserializeSeed<'de>> Visitor<'de> for Of<W> {
    type Value = Option<W::Value>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sections with their keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut wanted, mut found) = (Some(self.wanted), None);
        while let Some(key) = map.next_key::<String>()? {
            match wanted.take_if(|_| key == self.section) {
                Some(wanted) => found = Some(map.next_value_seed(wanted)?),
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(found)
    }
}

/// The keys of a section that have no value.
struct Empty;

impl<'de> DeserializeSeed<'de> for Empty {
    type Value = BTreeSet<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let values = Option::<std::collections::BTreeMap<String, Option<IgnoredAny>>>::deserialize(deserializer)?;
        let empty = values.unwrap_or_default().into_iter().filter(|(_, value)| value.is_none());
        Ok(empty.map(|(key, _)| key).collect())
    }
}

/// Reads a struct from those keys of a section that have one of these names.
struct Fields<T> {
    names: BTreeSet<String>,
    of: std::marker::PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Fields<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("keys with their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(SeenKeys { map, names: self.names }))
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        T::deserialize(MapDeserializer::<_, E>::new(std::iter::empty::<(&str, &str)>()))
    }
}

/// A map of which some keys are seen.
struct SeenKeys<A> {
    map: A,
    names: BTreeSet<String>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for SeenKeys<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            if self.names.contains(&key) {
                return seed.deserialize(key.into_deserializer()).map(Some);
            }
            self.map.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// Walks over the keys, of which each must be known; those of sections in turn.
struct Keys<'a> {
    names: Vec<String>,
    sections: &'a [Section],
}

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("keys with their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key_seed(KnownKey(&self.names))? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("duplicate field `{key}`")));
            }
            match self.sections.iter().find(|section| section.name == key) {
                Some(section) => map.next_value_seed(Keys { names: section.names(), sections: &[] })?,
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key of a known name.
struct KnownKey<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for KnownKey<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KnownKey<'_> {
    type Value = String;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<String, E> {
        let names = || self.0.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        match self.0.iter().any(|name| name == key) {
            true => Ok(key.to_owned()),
            false => Err(E::custom(format!("unknown field `{key}`, expected one of {}", names().join(", ")))),
        }
    }
}
