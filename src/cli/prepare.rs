//! A step of the chain as a stage of this process, its flags checked.

use anyhow::bail;

use super::config::key;
use super::step::Step;
use crate::genome::HiddenCharacter;
use crate::stage::{self, Stage};

/// A stage whose flags are parsed, ready to work.
pub type Ready = Box<dyn FnOnce() -> anyhow::Result<()>>;

/// Parses and checks the step's flags exactly as its binary would.
///
/// # Errors
/// Every value that the stage does not take, by the key of the configuration that it comes from.
pub fn prepare(step: &Step, quiet: bool) -> anyhow::Result<Ready> {
    let stage = match step.stage {
        "tss" => parse::<stage::tss::Args>,
        "bin" => parse::<stage::bin::Args>,
        "label" => parse::<stage::label::Args>,
        "split" => parse::<stage::split::Args>,
        "train" => parse::<stage::train::Args>,
        "predict" => parse::<stage::predict::Args>,
        "explain" => parse::<stage::explain::Args>,
        "faithfulness" => parse::<stage::faithfulness::Args>,
        "evaluate" => parse::<stage::evaluate::Args>,
        "rank" => parse::<stage::rank::Args>,
        "report" => parse::<stage::report::Args>,
        "track" => parse::<stage::track::Args>,
        other => bail!("no stage {other}"),
    };
    step.check().map_err(|error| anyhow::anyhow!("{error}. {}", HiddenCharacter::REMEDY))?;
    stage(step, quiet)
}

fn parse<S: Stage + 'static>(step: &Step, quiet: bool) -> anyhow::Result<Ready> {
    let mut arguments = vec![format!("attentrack-{}", step.stage).into()];
    arguments.extend(step.arguments());
    if quiet {
        arguments.push("--quiet".into());
    }
    let stage = S::try_parse_from(arguments).map_err(|error| {
        // clap's usage lines speak of flags that are not in the config
        let text = error.to_string();
        let lines = text.lines().take_while(|line| !line.is_empty()).map(str::trim);
        let text = lines.collect::<Vec<_>>().join(" ");
        anyhow::anyhow!("{}", key::with_keys(step.stage, text.trim_start_matches("error: ")))
    })?;
    let problems = super::problems(&stage);
    if !problems.is_empty() {
        bail!("{}", key::with_keys(step.stage, &problems.join("; ")));
    }
    Ok(Box::new(move || super::work(&stage)))
}
