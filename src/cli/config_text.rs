//! The text of a configuration, bounded before it becomes a [`Config`](super::config::Config): YAML lets a few bytes
//! stand for many (aliases) and nest without end, and a device has no end at all.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::io::{FileError, Result};

/// Longest text in bytes.
const LONGEST: u64 = 1 << 20;
/// Deepest nesting of lists and tables in brackets; ours has three levels.
const DEEPEST: usize = 64;
/// Values and bytes of text that all aliases together may stand for.
const MOST: usize = 1 << 20;

/// Reads a configuration, `-` being standard input.
///
/// # Errors
/// A file that cannot be read, is not text, is longer than 1 MiB, or stands for more than that.
pub fn read(path: &Path) -> Result<String> {
    let is_input = path == Path::new("-");
    let shown = if is_input { Path::new("standard input") } else { path };
    let source: Box<dyn Read> = match is_input {
        true => Box::new(std::io::stdin()),
        false => Box::new(File::open(path).map_err(|error| FileError::os(shown, "open", &error))?),
    };
    let mut bytes = Vec::new();
    let read = source.take(LONGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| FileError::os(shown, "read", &error))?;
    let refuse = |problem: &str| FileError::new(shown, problem).remedy("Name a config.yaml");
    if bytes.len() as u64 > LONGEST {
        return Err(refuse("is longer than 1 MiB, which no configuration is"));
    }
    let text = String::from_utf8(bytes).map_err(|_| refuse("is not UTF-8 text"))?;
    if let Some(line) = too_deep(&text) {
        return Err(refuse(&format!("nests more than {DEEPEST} lists or tables")).line(line));
    }
    if stands_for_too_much(&text) {
        return Err(refuse("stands for far more than it holds: its aliases (*name) repeat too much"));
    }
    Ok(text)
}

/// The line in which brackets nest too deep, whether or not they are quoted.
fn too_deep(text: &str) -> Option<u64> {
    let mut depth = 0usize;
    for (line, text) in text.lines().enumerate() {
        for byte in text.bytes() {
            match byte {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > DEEPEST {
                return Some(line as u64 + 1);
            }
        }
    }
    None
}

/// Walks through all values, which keeps none of them, until there are too many.
fn stands_for_too_much(text: &str) -> bool {
    if !text.contains('*') {
        return false;
    }
    let left = Cell::new(MOST);
    // what else is wrong is said when the values are read
    let _ = Walk(&left).deserialize(serde_yaml::Deserializer::from_str(text));
    left.get() == 0
}

/// Takes one from what is left for each value, and one for each byte of text.
#[derive(Clone, Copy)]
struct Walk<'a>(&'a Cell<usize>);

impl Walk<'_> {
    fn take<E: Error>(self, count: usize) -> std::result::Result<(), E> {
        self.0.set(self.0.get().saturating_sub(count));
        if self.0.get() == 0 { Err(E::custom("too much")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> std::result::Result<(), E> {
        self.take(1)
    }

    fn visit_i64<E: Error>(self, _: i64) -> std::result::Result<(), E> {
        self.take(1)
    }

    fn visit_u64<E: Error>(self, _: u64) -> std::result::Result<(), E> {
        self.take(1)
    }

    fn visit_f64<E: Error>(self, _: f64) -> std::result::Result<(), E> {
        self.take(1)
    }

    fn visit_unit<E: Error>(self) -> std::result::Result<(), E> {
        self.take(1)
    }

    fn visit_str<E: Error>(self, text: &str) -> std::result::Result<(), E> {
        self.take(1 + text.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<(), A::Error> {
        self.take(1)?;
        while items.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> std::result::Result<(), A::Error> {
        self.take(1)?;
        while entries.next_key::<IgnoredAny>()?.is_some() {
            entries.next_value_seed(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bombs_are_seen_and_plain_anchors_pass() {
        let plain = "a: &a [chr1, chr2]\nb: *a\nc: {x: *a, y: 1.5, z: null, t: true}\n";
        assert!(!stands_for_too_much(plain) && too_deep(plain).is_none());
        let lists = format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(5000), "*a, ".repeat(400));
        assert!(stands_for_too_much(&lists));
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(50_000), vec!["*a"; 100].join(", "));
        assert!(stands_for_too_much(&long));
        assert_eq!(too_deep(&format!("a: 1\nb: {}", "[".repeat(50_000))), Some(2));
    }
}
