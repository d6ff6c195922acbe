//! What a run leaves of itself beside its results, in `OUTDIR/pipeline_info`, as nf-core's pipelines do: the
//! configuration, the commands, how long each step took, and the log.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::config_text;
use super::log;
use super::step::Step;
use crate::io::table::write_table;
use crate::io::{FileError, Output};

const COLUMNS: [&str; 4] = ["stage", "id", "result", "seconds"];

/// The folder of a run that is going on.
#[derive(Debug)]
pub struct RunInfo {
    folder: PathBuf,
    rows: Vec<[String; 4]>,
}

impl RunInfo {
    /// Writes what is known beforehand. The log follows as it is written.
    ///
    /// # Errors
    /// The configuration cannot be read once more, or the folder not be written into.
    pub fn begin(outdir: &Path, config: &Path, steps: &[Step]) -> anyhow::Result<Self> {
        let folder = outdir.join("pipeline_info");
        std::fs::create_dir_all(&folder).map_err(|error| FileError::os(&folder, "make the folder", &error))?;
        // standard input and pipes can be read once only
        if config.is_file() {
            let text = config_text::read(config)?;
            let mut output = Output::create(&folder.join("config.yaml"))?;
            output.put(text.as_bytes())?;
            output.commit()?;
        }
        let mut output = Output::create(&folder.join("commands.sh"))?;
        output.put(b"# The steps of this run, one a line, in their order; paths are relative to the folder that it was started in.\n")?;
        for step in steps {
            output.put(format!("{step}\n").as_bytes())?;
        }
        output.commit()?;
        log::copy_to(&folder.join("log.txt"));
        Ok(RunInfo { folder, rows: Vec::new() })
    }

    /// Notes a step, and how long it took where it was done now.
    ///
    /// # Errors
    /// The table cannot be written.
    pub fn add(&mut self, step: &Step, time: Option<Duration>) -> anyhow::Result<()> {
        let (result, seconds) = match time {
            Some(time) => ("done", format!("{:.3}", time.as_secs_f64())),
            None => ("kept", "NA".to_owned()),
        };
        self.rows.push([step.stage.to_owned(), step.id.clone().unwrap_or_default(), result.to_owned(), seconds]);
        Ok(write_table(&self.folder.join("times.tsv"), &COLUMNS, &self.rows)?)
    }
}
