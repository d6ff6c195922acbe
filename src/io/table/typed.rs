//! Rows of a table as a type: its fields are the columns, in order, and its doc comments say what they mean. The JSON
//! Schema of a row comes from the same type.

use std::path::Path;

use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::{Serialize, forward_to_deserialize_any};
use serde_json::Value;

use super::super::cell::{is_missing, number};
use super::super::{FileError, Result};
use super::{Row, Table, write_table};

impl Table {
    /// A row as a type. Columns that the type lacks are passed over.
    ///
    /// # Errors
    /// A cell that is none of its field's; names line and column.
    pub fn typed<T: DeserializeOwned>(&self, row: &Row) -> Result<T> {
        let cells = self.columns.iter().zip(&row.cells).map(|(column, text)| (column.as_str(), Cell { column, text }));
        T::deserialize(MapDeserializer::new(cells)).map_err(|Problem(problem)| {
            self.error(row, problem).remedy("Correct the cell, or check that the columns are not swapped")
        })
    }
}

/// Writes rows, each with one cell a field; `None` is `NA`, a flag 1 or 0.
///
/// # Errors
/// The file cannot be written.
pub fn write_rows<T: Serialize + DeserializeOwned>(path: &Path, rows: impl IntoIterator<Item = T>) -> Result<()> {
    let columns = columns_of::<T>();
    let cells = rows.into_iter().map(|row| cells_of(&row, columns));
    let cells: Vec<Vec<String>> = cells
        .collect::<serde_json::Result<_>>()
        .map_err(|error| FileError::new(path, format!("cannot write the table: {error}")))?;
    write_table(path, columns, cells)
}

/// The columns of a row's type: its fields, as serde names them.
pub fn columns_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut fields: &[&str] = &[];
    // ends in an error once the fields are known
    let _ = T::deserialize(Fields(&mut fields));
    fields
}

/// The cells of a row, of the columns named.
///
/// # Errors
/// A row that is no struct of texts and numbers.
pub fn cells_of<T: Serialize>(row: &T, columns: &[&str]) -> serde_json::Result<Vec<String>> {
    let row = serde_json::to_value(row)?;
    let cell = |column: &&str| match row.get(*column) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(flag)) => u8::from(*flag).to_string(),
        // as Rust writes it: 1, not 1.0
        Some(Value::Number(value)) => match value.as_f64().filter(|_| value.is_f64()) {
            Some(value) => value.to_string(),
            None => value.to_string(),
        },
        _ => "NA".to_owned(),
    };
    Ok(columns.iter().map(cell).collect())
}

/// What a cell should have been, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Problem(String);

impl de::Error for Problem {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Problem(message.to_string())
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Problem(format!("expected one of {}, found {found:?}", expected.join(", ")))
    }
}

/// One cell and the name of its column.
struct Cell<'a> {
    column: &'a str,
    text: &'a str,
}

impl Cell<'_> {
    fn problem(&self, problem: impl std::fmt::Display) -> Problem {
        Problem(format!("column {}: {problem}", self.column))
    }

    fn number(&self) -> std::result::Result<f64, Problem> {
        let value = number(self.text).map_err(|problem| self.problem(problem))?;
        value.ok_or_else(|| self.problem(format!("expected a number, found {:?}", self.text)))
    }
}

impl<'de> IntoDeserializer<'de, Problem> for Cell<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Cell<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Problem> {
        visitor.visit_str(self.text)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Problem> {
        if is_missing(self.text) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Problem> {
        visitor.visit_f64(self.number()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Problem> {
        visitor.visit_bool(self.number()? != 0.0)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Problem> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Problem> {
        let whole = self.text.trim().parse::<u64>();
        visitor.visit_u64(whole.map_err(|_| self.problem(format!("expected a whole number, found {:?}", self.text)))?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Problem> {
        let text: StrDeserializer<'_, Problem> = self.text.into_deserializer();
        visitor.visit_enum(text).map_err(|problem| self.problem(problem))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u128 f32 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// Is shown the names of a struct's fields.
struct Fields<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Fields<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> std::result::Result<V::Value, Problem> {
        Err(Problem("is no struct".to_owned()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Problem> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Example {
        name: String,
        value: Option<f64>,
        count: u32,
        is_so: Option<bool>,
    }

    fn read(text: &str) -> Result<Vec<Example>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let table = Table::read(file.path())?;
        table.rows.iter().map(|row| table.typed(row)).collect()
    }

    #[test]
    fn rows_come_back_as_they_were_written() {
        let rows = || {
            let one = Example { name: "a b".into(), value: Some(1.0), count: 2, is_so: Some(true) };
            [one, Example { name: "b".into(), value: None, count: 0, is_so: None }]
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        write_rows(file.path(), rows()).unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(text, "name\tvalue\tcount\tis_so\na b\t1\t2\t1\nb\tNA\t0\tNA\n");
        assert_eq!(read(&text).unwrap(), rows());
        // header names decide, not positions
        let turned = "count\textra\tname\tis_so\tvalue\n2\tx\ta b\t1\t1\n0\ty\tb\tNA\tNA\n";
        assert_eq!(read(turned).unwrap(), rows());
        write_rows(file.path(), std::iter::empty::<Example>()).unwrap();
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "name\tvalue\tcount\tis_so\n");
    }

    #[test]
    fn a_wrong_cell_is_named() {
        for (row, words) in [
            ("a\tx\t2\t1", "line 2: column value: expected a number or NA, found \"x\""),
            ("a\t1\t2.5\t1", "line 2: column count: expected a whole number, found \"2.5\""),
            ("a\t1\tNA\t1", "line 2: column count: expected a whole number"),
        ] {
            let message = read(&format!("name\tvalue\tcount\tis_so\n{row}\n")).unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        }
    }
}
