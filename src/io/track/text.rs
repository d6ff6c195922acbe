//! A text track: plain, or bgzip with a tabix index beside it.

use std::io::{self, Write};
use std::path::Path;

use noodles::core::Position;
use noodles::csi::binning_index::index::header;
use noodles::csi::binning_index::index::reference_sequence::bin::Chunk;
use noodles::{bgzf, tabix};

use super::format::Text;
use crate::io::{FileError, Output, PendingFile, Result};
use crate::matrix::Judged;

/// The last base that a tabix index (.tbi) can hold.
const TABIX_LIMIT: u64 = 1 << 29;

/// A text track being written, one line after another.
pub struct TrackText {
    path: std::path::PathBuf,
    sink: Sink,
}

enum Sink {
    Plain(Output),
    Bgzip { writer: bgzf::io::Writer<Output>, index: Option<Box<tabix::index::Indexer>> },
}

impl TrackText {
    /// Starts a track at `path`; `-` is standard output. `compress` makes it bgzip (standard output
    /// is never compressed), which gets a tabix index, `PATH.tbi`, if `kind` is [`Text::Indexed`].
    pub fn create(path: &Path, compress: bool, kind: Text) -> Result<Self> {
        let output = Output::create(path)?;
        let sink = if compress && path != Path::new("-") {
            let index = (kind == Text::Indexed).then(|| {
                let mut indexer = tabix::index::Indexer::default();
                indexer.set_header(header::Builder::bed().build());
                Box::new(indexer)
            });
            Sink::Bgzip { writer: bgzf::io::Writer::new(output), index }
        } else {
            Sink::Plain(output)
        };
        Ok(TrackText { path: path.to_owned(), sink })
    }

    /// Writes a line (with its line end) that is no record: a header.
    pub fn header(&mut self, line: &str) -> Result<()> {
        let bytes = line.as_bytes();
        match &mut self.sink {
            Sink::Plain(writer) => writer.write_all(bytes),
            Sink::Bgzip { writer, .. } => writer.write_all(bytes),
        }
        .map_err(|error| FileError::os(&self.path, "write", &error))
    }

    /// Writes what a test says of the explanation as a comment; nothing where it was not tested.
    pub fn verdict(&mut self, judged: Option<&Judged>) -> Result<()> {
        judged.map_or(Ok(()), |judged| self.header(&format!("# {judged}\n")))
    }

    /// Writes the line (with its line end) of `start..end` on `chrom`, 0-based half-open.
    pub fn record(&mut self, chrom: &str, start: u64, end: u64, line: &str) -> Result<()> {
        let os = |error: io::Error| FileError::os(&self.path, "write", &error);
        match &mut self.sink {
            Sink::Plain(writer) => writer.write_all(line.as_bytes()).map_err(os),
            Sink::Bgzip { writer, index: None } => writer.write_all(line.as_bytes()).map_err(os),
            Sink::Bgzip { writer, index: Some(index) } => {
                let from = writer.virtual_position();
                writer.write_all(line.as_bytes()).map_err(os)?;
                let chunk = Chunk::new(from, writer.virtual_position());
                let first = Position::new(start as usize + 1).filter(|_| end <= TABIX_LIMIT);
                let (Some(first), Some(last)) = (first, Position::new(end as usize)) else {
                    let problem = format!("a tabix index cannot hold {chrom}:{end}, its limit is {TABIX_LIMIT} bp");
                    return Err(FileError::new(&self.path, problem).remedy("Write the track without .gz"));
                };
                index.add_record(chrom, first, last, chunk).map_err(os)
            }
        }
    }

    /// Ends the track; the files have their content and wait for their names. A stream has none.
    pub fn finish(self) -> Result<Vec<PendingFile>> {
        let os = |error: io::Error| FileError::os(&self.path, "write", &error);
        let (output, index) = match self.sink {
            Sink::Plain(output) => (output, None),
            Sink::Bgzip { writer, index } => (writer.finish().map_err(os)?, index),
        };
        let mut files: Vec<PendingFile> = output.finish()?.into_iter().collect();
        if let Some(index) = index {
            let mut path = self.path.clone().into_os_string();
            path.push(".tbi");
            let pending = PendingFile::create(Path::new(&path))?;
            let mut writer = tabix::io::Writer::new(pending.open()?);
            let os = |error: io::Error| FileError::os(&path, "write", &error);
            writer.write_index(&index.build()).map_err(os)?;
            writer.try_finish().map_err(os)?;
            files.push(pending);
        }
        Ok(files)
    }
}
