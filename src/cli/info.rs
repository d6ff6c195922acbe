//! What a run leaves of itself beside its results, in `OUTDIR/pipeline_info`, as nf-core's pipelines do: the
//! configuration, the commands, how long each step took, and the log.

use std::path::Path;

use super::config_text;
use super::log;
use super::step::Step;
use super::times::Times;
use crate::io::{FileError, Output};

/// Writes what is known beforehand, and lets the log follow; the times of earlier runs, to which those of this one are added.
///
/// # Errors
/// The configuration cannot be read once more, or the folder not be written into.
pub fn begin(outdir: &Path, config: &Path, steps: &[Step]) -> anyhow::Result<Times> {
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
    Ok(Times::read(&folder.join("times.tsv"), &[]))
}
