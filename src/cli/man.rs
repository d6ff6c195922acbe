//! `attentrack man`: the manual pages of all programs.

use std::path::PathBuf;

use clap::Parser;

use crate::io::Output;
use crate::stage::{Common, Files, Stage};

/// Write the manual pages to a folder: attentrack.1, one a subcommand and one a stage
#[derive(Clone, Debug, Parser)]
#[command(name = "attentrack man", after_help = "Example:\n  attentrack man --out-dir ~/.local/share/man/man1")]
pub struct Man {
    /// Folder to write into, which must be there
    #[arg(long, value_name = "DIR")]
    out_dir: PathBuf,
    #[command(flatten)]
    common: Common,
    #[arg(skip)]
    programs: Vec<clap::Command>,
}

impl Man {
    /// With these programs.
    pub(super) fn of(self, programs: Vec<clap::Command>) -> Self {
        Man { programs, ..self }
    }
}

impl Stage for Man {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new().folder("--out-dir", [&self.out_dir])
    }

    fn run(&self) -> anyhow::Result<()> {
        let programs = self.programs.clone();
        let stages: Vec<String> = programs.iter().map(|program| program.get_name().to_owned()).collect();
        // the front's own subcommands; a stage has its page under the name of its program
        let own = programs.iter().flat_map(clap::Command::get_subcommands).filter_map(|command| {
            let name = format!("attentrack-{}", command.get_name());
            // clap takes names that live as long as the program
            (!stages.contains(&name)).then(|| command.clone().name(&*name.leak()).version(env!("CARGO_PKG_VERSION")))
        });
        for page in own.collect::<Vec<_>>().into_iter().chain(programs) {
            let mut output = Output::create(&self.out_dir.join(format!("{}.1", page.get_name())))?;
            let mut text = Vec::new();
            clap_mangen::Man::new(page).render(&mut text)?;
            output.put(&text)?;
            output.commit()?;
        }
        Ok(())
    }
}
