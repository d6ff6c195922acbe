//! `attentrack workflow`: the Snakemake rules and Nextflow modules of the chain's stages, from what each stage says of
//! itself as a job ([`crate::stage::CHAIN`]).

mod meta;
mod nextflow;
mod snakemake;

use std::path::PathBuf;

use clap::Parser;

use crate::io::{FileError, Output};
use crate::stage::{CHAIN, Common, Files, Stage};

/// Write the Snakemake rules and Nextflow modules of the stages into a folder
///
/// The files follow from the list of the chain's stages: make them again after a change of a stage's files.
#[derive(Clone, Debug, Parser)]
#[command(name = "attentrack workflow", after_help = "Example:\n  attentrack workflow --out-dir workflow")]
pub struct Workflow {
    /// Folder to write into, which must be there
    #[arg(long, value_name = "DIR")]
    out_dir: PathBuf,
    #[command(flatten)]
    common: Common,
}

impl Stage for Workflow {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new().folder("--out-dir", [&self.out_dir])
    }

    fn run(&self) -> anyhow::Result<()> {
        for (name, text) in files() {
            let path = self.out_dir.join(name);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|error| FileError::os(folder, "make the folder", &error))?;
            }
            let mut output = Output::create(&path)?;
            output.put(text.as_bytes())?;
            output.commit()?;
        }
        Ok(())
    }
}

/// Every file, by its path in the folder.
fn files() -> Vec<(String, String)> {
    let mut files = vec![
        ("rules/chain.smk".to_owned(), snakemake::rules(CHAIN)),
        ("chain.nf".to_owned(), nextflow::chain(CHAIN)),
        ("jobs.config".to_owned(), nextflow::config(CHAIN)),
    ];
    for job in CHAIN {
        let folder = format!("modules/{}", job.stage);
        files.extend([
            (format!("{folder}/main.nf"), nextflow::module(job)),
            (format!("{folder}/meta.yml"), meta::meta(job)),
            (format!("{folder}/tests/main.nf.test"), nextflow::test(job)),
        ]);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::files;

    #[test]
    fn the_committed_rules_and_modules_are_current() {
        for (name, text) in files() {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("workflow").join(&name);
            let found = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                found == text,
                "workflow/{name} is not current: cargo run --release -- workflow --out-dir workflow"
            );
        }
    }
}
