//! NumPy's format of one array (`.npy`, version 1.0): a header in text, then the numbers.

use std::path::Path;

use super::{FileError, Output, PendingFile, Result};

/// Numbers that an array may hold.
pub trait Element: Copy {
    /// NumPy's name of the type.
    const DTYPE: &str;
    /// Its bytes, little-endian.
    fn bytes(self) -> [u8; 8];
}

impl Element for f64 {
    const DTYPE: &str = "<f8";
    fn bytes(self) -> [u8; 8] {
        self.to_le_bytes()
    }
}

impl Element for u64 {
    const DTYPE: &str = "<u8";
    fn bytes(self) -> [u8; 8] {
        self.to_le_bytes()
    }
}

/// Writes an array [row, column] row by row; the file still waits for its name. `values` are as many as the shape has.
///
/// # Errors
/// If the file cannot be written.
pub fn write<T: Element>(
    path: &Path,
    (rows, columns): (usize, usize),
    values: impl Iterator<Item = T>,
) -> Result<Option<PendingFile>> {
    let mut output = Output::create(path)?;
    let mut header = format!("{{'descr': '{}', 'fortran_order': False, 'shape': ({rows}, {columns}), }}", T::DTYPE);
    // ten bytes before it and a line end behind; the numbers begin at a multiple of 64
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
    header.extend(std::iter::repeat_n(' ', padded - header.len() - 1));
    header.push('\n');
    let size = u16::try_from(header.len()).map_err(|_| FileError::new(path, "the header is too long"))?;
    output.put(b"\x93NUMPY\x01\x00")?;
    output.put(&size.to_le_bytes())?;
    output.put(header.as_bytes())?;
    let mut buffer = Vec::with_capacity(1 << 16);
    for value in values {
        buffer.extend_from_slice(&value.bytes());
        if buffer.len() == buffer.capacity() {
            output.put(&buffer)?;
            buffer.clear();
        }
    }
    output.put(&buffer)?;
    output.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_numpy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        write(&path, (2, 1), [1.0f64, -0.5].into_iter()).unwrap().unwrap().commit().unwrap();
        // numpy.save of numpy.array([[1.0], [-0.5]])
        let header =
            format!("\u{1}\0v\0{{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }}{}\n", " ".repeat(58));
        let expected = [b"\x93NUMPY", header.as_bytes(), &1f64.to_le_bytes(), &(-0.5f64).to_le_bytes()].concat();
        assert_eq!(std::fs::read(&path).unwrap(), expected);
    }
}
