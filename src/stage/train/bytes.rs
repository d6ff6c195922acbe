//! A size in memory, with its unit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bytes, from text such as 2G, 500M, 64k or 4096, in powers of 1,024.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[0-9]+[kKmMgGtT]?$", "type" = ["string", "integer"]))]
pub struct Bytes(pub u64);

/// Letters of the units, from 1,024 on.
const UNITS: [char; 4] = ['k', 'M', 'G', 'T'];

impl TryFrom<String> for Bytes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let unit = |letter: char| UNITS.iter().position(|unit| unit.eq_ignore_ascii_case(&letter));
        let (number, shift) = match text.char_indices().last().and_then(|(at, letter)| Some((at, unit(letter)?))) {
            Some((at, unit)) => (&text[..at], 10 * (unit + 1)),
            None => (text.as_str(), 0),
        };
        let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
        size.map(Bytes).ok_or("expected a whole number of bytes, or one followed by k, M, G or T")
    }
}

impl From<Bytes> for String {
    fn from(Bytes(bytes): Bytes) -> String {
        let divides = |at: &usize| bytes > 0 && bytes % (1 << (10 * (at + 1))) == 0;
        match (0..UNITS.len()).rev().find(divides) {
            Some(at) => format!("{}{}", bytes >> (10 * (at + 1)), UNITS[at]),
            None => bytes.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        let parse = |text: &str| Bytes::try_from(text.to_owned());
        for (text, bytes) in
            [("0", 0), ("4096", 4096), ("64k", 65_536), ("500M", 524_288_000), ("2G", 2 << 30), ("1t", 1 << 40)]
        {
            assert_eq!(parse(text), Ok(Bytes(bytes)));
            assert_eq!(parse(&String::from(Bytes(bytes))), Ok(Bytes(bytes)));
        }
        assert_eq!([2 << 30, 4096, 1025].map(|bytes| String::from(Bytes(bytes))), ["2G", "4k", "1025"]);
        assert!(["", "G", "1.5G", "2GB", "-1", "99999999999G", "µ"].iter().all(|text| parse(text).is_err()));
    }
}
