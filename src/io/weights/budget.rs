//! What a weights file may ask for, by its length: a small file must not unpack, copy or build gigabytes.

use std::cell::Cell;

use super::{Parsed, problem};

/// Bytes that any file may ask for …
const BASE: u64 = 16 << 20;
/// … and so many for each of its own. Weights hardly compress, and are kept about twice.
const A_BYTE: u64 = 8;
/// What one operation of a pickle is reckoned to cost: a value, its place on the stack, room to grow.
const OPERATION: u64 = 64;

/// Bytes that are left to one file.
#[derive(Debug)]
pub struct Budget {
    left: Cell<u64>,
}

impl Budget {
    /// The budget for a file of so many bytes.
    pub fn of_file(length: usize) -> Self {
        Budget { left: Cell::new(BASE + A_BYTE * length as u64) }
    }

    /// Bytes that are left.
    pub fn left(&self) -> u64 {
        self.left.get()
    }

    /// Takes so many bytes; `None` if there are fewer.
    pub fn take(&self, bytes: u64) -> Option<()> {
        self.left.set(self.left.get().checked_sub(bytes)?);
        Some(())
    }

    /// Takes what one operation of a pickle costs.
    pub fn take_operation(&self) -> Option<()> {
        self.take(OPERATION)
    }

    /// Takes so many bytes for what is at `place`.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn take_for(&self, place: impl Fn() -> String, bytes: u64) -> Parsed<()> {
        self.take(bytes).ok_or_else(|| problem(place(), TOO_LARGE))
    }
}

/// What is said of a file that asks for more.
pub const TOO_LARGE: &str = "unpacks to far more than a file of its size should hold";
