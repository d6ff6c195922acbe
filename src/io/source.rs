//! A buffered source of bytes that can be looked into before it is read.

use std::io::{self, BufRead, Read};

/// Bytes that are asked of the system at once.
const CAPACITY: usize = 1 << 17;

/// Like `BufReader`, but what is buffered can be made to grow, to look as far ahead as is wanted.
pub(super) struct Source {
    inner: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Source {
    pub(super) fn new(inner: Box<dyn Read + Send>) -> Self {
        Source { inner, buffer: vec![0; CAPACITY], start: 0, end: 0 }
    }

    /// What is buffered and not yet consumed.
    pub(super) fn available(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Where [`Source::available`] begins in [`Source::buffer`]: consuming moves no bytes.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// The whole buffer; what lies before [`Source::start`] has been consumed.
    pub(super) fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// Reads more behind what is available; `false` at the end.
    pub(super) fn more(&mut self) -> io::Result<bool> {
        if self.end == self.buffer.len() {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            } else {
                self.buffer.resize(2 * self.buffer.len(), 0);
            }
        }
        loop {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    let read = read?;
                    self.end += read;
                    return Ok(read > 0);
                }
            }
        }
    }

    /// At least the next `size` bytes, fewer only at the end; they stay the next.
    pub(super) fn peek(&mut self, size: usize) -> io::Result<&[u8]> {
        while self.available().len() < size && self.more()? {}
        Ok(self.available())
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.peek(1)
    }

    fn consume(&mut self, amount: usize) {
        self.start = (self.start + amount).min(self.end);
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let size = from.len().min(into.len());
        into[..size].copy_from_slice(&from[..size]);
        self.consume(size);
        Ok(size)
    }
}
