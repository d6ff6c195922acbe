//! Lines of text inputs, however they end.

use std::borrow::Cow;
use std::io::BufRead;
use std::ops::Range;
use std::path::{Path, PathBuf};

use memchr::memchr2;

use super::input::open;
use super::source::Source;
use super::{FileError, Result};

/// No table and no annotation has a line of so many bytes; a file that does has lost its line ends.
const LONGEST: usize = 1 << 24;

/// The lines of a text file, plain or gzip (see [`open_text`](super::open_text)); `-` is standard input.
///
/// A line ends with LF, CR LF or CR alone (old Macintosh programs), in any mixture. Of a line that
/// is longer than 16 MiB an error is made, before the memory is full.
pub struct Lines {
    path: PathBuf,
    source: Source,
    number: u64,
    /// The last line ended with CR: an LF now belongs to it.
    after_cr: bool,
    warned: bool,
}

impl Lines {
    /// Opens a file.
    ///
    /// # Errors
    /// As [`open_text`](super::open_text).
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Lines { path: path.to_owned(), source: open(path)?, number: 0, after_cr: false, warned: false })
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next line's 1-based number and its bytes, without its end.
    #[inline]
    pub fn next_line(&mut self) -> Result<Option<(u64, &[u8])>> {
        let Some(place) = self.advance()? else { return Ok(None) };
        Ok(Some((self.number, &self.source.buffer()[place])))
    }

    /// The next line as text. One that is not UTF-8 is taken for Latin-1, as old spreadsheets write,
    /// with a warning that names the first such line.
    pub fn next_text(&mut self) -> Result<Option<(u64, Cow<'_, str>)>> {
        let Some(place) = self.advance()? else { return Ok(None) };
        let bytes = &self.source.buffer()[place];
        let text = match str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => {
                if !self.warned {
                    let (path, number) = (self.path.display(), self.number);
                    tracing::warn!(
                        "{path}, line {number}: is not UTF-8, and is read as Latin-1. If names look wrong, convert the file: iconv -f ENCODING -t UTF-8"
                    );
                }
                self.warned = true;
                Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect())
            }
        };
        Ok(Some((self.number, text)))
    }

    /// Moves on to the next line; where it lies in the source's buffer.
    #[inline]
    fn advance(&mut self) -> Result<Option<Range<usize>>> {
        self.number += 1;
        if self.after_cr {
            self.after_cr = false;
            if self.source.available().is_empty() {
                self.more()?;
            }
            if self.source.available().first() == Some(&b'\n') {
                self.source.consume(1);
            }
        }
        let mut searched = 0;
        let (size, end) = loop {
            let available = self.source.available();
            if let Some(at) = memchr2(b'\n', b'\r', &available[searched..]) {
                let size = searched + at;
                self.after_cr = available[size] == b'\r';
                break (size, 1);
            }
            searched = available.len();
            if searched > LONGEST {
                return Err(FileError::new(&self.path, "the line is longer than 16 MiB")
                    .line(self.number)
                    .remedy("Check that it is a text file with line ends"));
            }
            if !self.more()? {
                if searched == 0 {
                    return Ok(None);
                }
                break (searched, 0);
            }
        };
        let start = self.source.start();
        self.source.consume(size + end);
        Ok(Some(start..start + size))
    }

    fn more(&mut self) -> Result<bool> {
        self.source.more().map_err(|error| FileError::os(&self.path, "read", &error).line(self.number))
    }
}

/// The lines of a text that is in memory, with their 1-based numbers; ends as those of [`Lines`].
pub fn split(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let mut rest = text;
    (1..).map_while(move |number| {
        if rest.is_empty() {
            return None;
        }
        let (line, after) = match memchr2(b'\n', b'\r', rest.as_bytes()) {
            Some(at) => {
                let end = if rest[at..].starts_with("\r\n") { 2 } else { 1 };
                (&rest[..at], &rest[at + end..])
            }
            None => (rest, ""),
        };
        rest = after;
        Some((number, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Result<Vec<(u64, String)>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("text");
        std::fs::write(&path, bytes).unwrap();
        let (mut lines, mut all) = (Lines::open(&path)?, Vec::new());
        while let Some((number, line)) = lines.next_text()? {
            all.push((number, line.into_owned()));
        }
        Ok(all)
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(12), ..ProptestConfig::with_cases(64) })]

        #[test]
        fn any_mixture_of_line_ends(lines in prop::collection::vec(("[a-z\t]{0,5}", 0..3_usize, 0..400_usize), 1..60), last in "[a-z]{0,3}") {
            let (mut text, mut wanted) = (String::new(), Vec::new());
            for (line, end, repeats) in &lines {
                // long lines cross the ends of buffers
                let line = line.repeat(repeats * repeats / 100);
                // CR before an empty line that ends with LF would be one end
                let end = ["\n", "\r\n", if line.is_empty() { "\n" } else { "\r" }][*end];
                if text.ends_with('\r') && line.is_empty() {
                    continue;
                }
                text += &line;
                text += end;
                wanted.push(line);
            }
            if !last.is_empty() {
                text += &last;
                wanted.push(last);
            }
            let wanted: Vec<(u64, String)> = (1..).zip(wanted).collect();
            prop_assert_eq!(&read(text.as_bytes()).unwrap(), &wanted);
            prop_assert_eq!(split(&text).map(|(number, line)| (number, line.to_owned())).collect::<Vec<_>>(), wanted);
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        let problem = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert!(problem(b"BAM\x01\0\0").contains("is a BAM file"));
        assert!(problem(b"BZh91AY&SY").contains("bzip2 -dc"));
        assert!(problem(&vec![b'a'; LONGEST + (1 << 18)]).contains("line 1: the line is longer than 16 MiB"));
        assert_eq!(read(b"\xef\xbb\xbfM\xfcller\nb").unwrap(), [(1, "Müller".to_owned()), (2, "b".to_owned())]);
    }
}
