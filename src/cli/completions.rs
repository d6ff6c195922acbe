//! `attentrack completions SHELL`: what completes the commands and flags of all programs in a shell.

use std::path::{Path, PathBuf};

use clap::Parser;
use clap_complete::{Generator, Shell};

use crate::io::Output;
use crate::stage::{Common, Files, Stage};

/// Print what completes attentrack's commands in a shell, or write a file a program into a folder
#[derive(Clone, Debug, Parser)]
#[command(
    name = "attentrack completions",
    after_help = "Examples:\n  source <(attentrack completions bash)\n  attentrack completions fish --out-dir ~/.config/fish/completions"
)]
pub struct Completions {
    /// Shell
    #[arg(value_enum)]
    shell: Shell,
    /// Write a file a program, of the name that the shell looks for, into this folder, which must be there
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
    #[arg(skip)]
    programs: Vec<clap::Command>,
}

impl Completions {
    /// With these programs.
    pub(super) fn of(self, programs: Vec<clap::Command>) -> Self {
        Completions { programs, ..self }
    }
}

impl Stage for Completions {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new().folder("--out-dir", &self.out_dir)
    }

    fn run(&self) -> anyhow::Result<()> {
        let mut all = Vec::new();
        for mut program in self.programs.clone() {
            let name = program.get_name().to_owned();
            let mut text = Vec::new();
            clap_complete::generate(self.shell, &mut program, &name, &mut text);
            match &self.out_dir {
                Some(folder) => write(&folder.join(self.shell.file_name(&name)), &text)?,
                None => all.extend(text),
            }
        }
        if self.out_dir.is_none() { write(Path::new("-"), &all) } else { Ok(()) }
    }
}

fn write(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let mut output = Output::create(path)?;
    output.put(text)?;
    Ok(output.commit()?)
}
