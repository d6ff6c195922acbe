//! Stage motif: what a network of DNA takes for a binding site, and what a model sees in chosen sequences.

mod figure;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;
use serde::Serialize;

use crate::explain::{Method, Settings, Subject, scales};
use crate::io::{self, FileError, Output, meme};
use crate::matrix::{LayerName, Matrix};
use crate::stage::{Common, Compute, Files, Flags, Stage, fit, model_file};

/// Sites that a motif is said to be seen in; it is learnt, not counted.
const SITES: usize = 100;
/// Fewest and most positions of a motif.
const WIDTHS: [usize; 2] = [8, 24];

/// Draw what a model of DNA has learnt: its motif, and what it sees in chosen sequences
///
/// --out and --logo: class optimisation (Simonyan et al. 2014, Lanchantin et al. 2017) finds a matrix of bases that a
/// network takes for the positive class. A network's input is longer than a motif: the 8 to 24 neighbouring positions
/// that tell more than the mean position are written. It is a picture of one input that the network likes, not a count of
/// sites.
///
/// --dashboard: DeepMotif's picture of chosen sequences, of any model of DNA: the sequence with letters as high as what each
/// base adds to the score, the saliency of each base (networks), and the running score of what comes before and after it.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-motif",
    version,
    after_help = "Examples:
  attentrack-motif --model CTCF.model.safetensors --out CTCF.meme --logo CTCF.svg
  attentrack-motif --model CTCF.model.safetensors --bins CTCF.bins.safetensors \\
    --region CTCF.test:1 --region CTCF.test:7 --dashboard sites.svg"
)]
pub struct Args {
    /// Model of DNA, .model.safetensors
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Motif to write, in the format of MEME, version 4 [default: none]
    #[arg(long, value_name = "MEME")]
    pub out: Option<PathBuf>,
    /// The same as a logo, whose letters are as high as their information [default: none]
    #[arg(long, value_name = "SVG")]
    pub logo: Option<PathBuf>,
    /// Seed of the matrix that the optimisation starts from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Picture of chosen sequences to write [default: none]
    #[arg(long, value_name = "SVG", requires_all = ["bins", "region"])]
    pub dashboard: Option<PathBuf>,
    /// Matrix of attentrack-bin --fasta that holds them
    #[arg(long, value_name = "FILE", requires = "dashboard")]
    pub bins: Option<PathBuf>,
    /// Id of a sequence to draw; repeat for others
    #[arg(long, value_name = "ID", requires = "dashboard")]
    pub region: Vec<String>,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub compute: Flags<Compute>,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--model", [&self.model])
            .input("--bins", &self.bins)
            .output("--out", &self.out)
            .output("--logo", &self.logo)
            .output("--dashboard", &self.dashboard)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = self.compute.problem().into_iter().collect();
        if self.out.is_none() && self.logo.is_none() && self.dashboard.is_none() {
            problems.push("nothing to write: give --out, --logo or --dashboard".to_owned());
        }
        problems
    }

    fn run(&self) -> Result<()> {
        let mut pictures = Vec::new();
        if let Some(path) = &self.dashboard {
            pictures.push((path, self.dashboard()?));
        }
        if self.out.is_some() || self.logo.is_some() {
            let motif = self.motif()?;
            let name = self.model.file_name().unwrap_or_default().to_string_lossy();
            let name = name.strip_suffix(".model.safetensors").unwrap_or(&name).to_owned();
            tracing::info!("{name}: {} positions, consensus {}", motif.len(), figure::consensus(&motif));
            pictures.extend(self.logo.iter().map(|path| (path, figure::logo(&name, &motif))));
            if let Some(path) = &self.out {
                meme::write(path, &name, &motif, SITES)?;
            }
        }
        for (path, picture) in pictures {
            let mut output = Output::create(path)?;
            output.put(picture.as_bytes())?;
            output.commit()?;
        }
        Ok(())
    }
}

impl Args {
    /// The positions of the network's matrix that tell most.
    fn motif(&self) -> Result<Vec<[f64; 4]>> {
        let (_, mut model) = model_file::load(&self.model, &self.compute.open()?)?;
        model.set_instruction_set(self.compute.instruction_set.set());
        let shape = model.network_row().filter(|shape| shape.part(LayerName::Sequence).is_some());
        let Some(shape) = shape else {
            let problem = "class optimisation needs a network of DNA, such as deep-motif-cnn";
            return Err(FileError::new(&self.model, problem).remedy("Take attentrack-explain for others").into());
        };
        let matrix = Subject::new(model, shape)?.motif(self.seed)?;
        let length = matrix.len() / 4;
        let position = |at: usize| std::array::from_fn(|base| f64::from(matrix[base * length + at]));
        let positions: Vec<[f64; 4]> = (0..length).map(position).collect();
        Ok(positions[most_telling(&positions)].to_vec())
    }

    /// The picture of the chosen sequences.
    fn dashboard(&self) -> Result<String> {
        let (header, mut model) = model_file::load(&self.model, &self.compute.open()?)?;
        model.set_instruction_set(self.compute.instruction_set.set());
        let Some(path) = &self.bins else { bail!("--dashboard needs --bins") };
        let matrix = io::bins::read(path)?;
        fit::check(path, &header, &matrix)?;
        let layers = header.model.layers();
        if layers != [LayerName::Sequence] {
            return Err(FileError::new(&self.model, "a dashboard needs a model that reads DNA alone")
                .remedy("Draw others with attentrack-track and attentrack-heatmap")
                .into());
        }
        let rows = self.region.iter().map(|id| row_of(&matrix, id)).collect::<Result<Vec<_>, _>>();
        let rows = rows.map_err(|problem| FileError::new(path, problem).remedy("Take ids of its sequences"))?;
        let shape = matrix.row_shape(&layers);
        model.set_shape(&shape);
        let x = header.transform.apply(&matrix, &layers, &rows);
        let x = x.map_err(|error| FileError::new(path, error.to_string()))?;
        let model = Subject::new(model, shape.clone())?;
        let empty = vec![0.0; shape.size()];
        let settings = Settings {
            steps: 1,
            seed: self.seed,
            task: header.task,
            transform: header.transform.transform,
            baseline: empty.clone(),
            empty,
            scales: scales(&x, &shape),
        };
        let explained = |method: Method| model.explain(method, &x, &settings, |_| ());
        let mut values = vec![explained(model.default_method()?)?];
        values.push(match model.lacks(Method::InputXGradient)? {
            None => explained(Method::InputXGradient)?,
            Some(_) => Vec::new(),
        });
        values.extend([explained(Method::TemporalForward)?, explained(Method::TemporalBackward)?]);
        let size = shape.size();
        let sequence = |(at, &row): (usize, &usize)| {
            let own = |values: &Vec<f32>| values.get(at * size..(at + 1) * size).map(<[f32]>::to_vec);
            figure::Sequence {
                id: matrix.regions[row].shown().to_owned(),
                bases: x[at * size..(at + 1) * size].to_vec(),
                contributions: own(&values[0]).unwrap_or_default(),
                saliency: own(&values[1]),
                running: [own(&values[2]).unwrap_or_default(), own(&values[3]).unwrap_or_default()],
            }
        };
        let sequences: Vec<figure::Sequence> = rows.iter().enumerate().map(sequence).collect();
        Ok(figure::dashboard(&sequences, header.task))
    }
}

/// The row of a sequence, or what is wrong.
fn row_of(matrix: &Matrix, id: &str) -> Result<usize, String> {
    let row = matrix.regions.iter().position(|region| region.id == id);
    let row = row.ok_or_else(|| format!("has no sequence {id} (--region)"))?;
    if matrix.status[row].is_scorable() { Ok(row) } else { Err(format!("{id} cannot be scored")) }
}

/// The neighbouring positions, 8 to 24 of them, whose information exceeds the mean position's by most in all.
fn most_telling(positions: &[[f64; 4]]) -> std::ops::Range<usize> {
    let information: Vec<f64> = positions.iter().map(figure::information).collect();
    let mean = information.iter().sum::<f64>() / information.len().max(1) as f64;
    let [fewest, most] = WIDTHS.map(|width| width.min(positions.len()));
    let ranges = (fewest..=most).flat_map(|width| (0..=positions.len() - width).map(move |at| at..at + width));
    let excess = |range: &std::ops::Range<usize>| information[range.clone()].iter().map(|own| own - mean).sum::<f64>();
    ranges.max_by(|a, b| excess(a).total_cmp(&excess(b))).unwrap_or(0..0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_positions_that_tell_most_are_taken() {
        let mut positions = vec![[0.25; 4]; 60];
        positions[20..31].fill([0.97, 0.01, 0.01, 0.01]);
        assert_eq!(most_telling(&positions), 20..31);
        // a short run is filled up, a long one cut
        assert_eq!(most_telling(&positions[..24]).len(), 8);
        assert_eq!(most_telling(&[[1.0, 0.0, 0.0, 0.0]; 40]).len(), 24);
        assert_eq!(most_telling(&positions[..5]).len(), 5);
    }
}
