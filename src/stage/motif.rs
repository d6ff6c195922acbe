//! Stage motif: what a model of DNA takes for binding sites, where they are, and what it sees in chosen sequences.

mod contributed;
mod figure;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Parser;
use serde::Serialize;

use crate::explain::{ExplainedSequence, Method, Settings, Subject, information, motifs, scales, threshold};
use crate::io::{self, FileError, Output, meme};
use crate::learn::{ModelHeader, Trained};
use crate::matrix::{LayerName, Matrix, one_hot};
use crate::stage::{Common, Compute, Files, Flags, Stage, fit, model_file};

/// Starts of the class optimisation, each of which ends in another input that the network likes.
const STARTS: usize = 16;
/// Sites that a motif is said to be seen in that was not gathered from stretches which are alike.
const SITES: usize = 100;
/// Fewest stretches of a motif, and share of the best stretch's contribution that one has at least.
const FEWEST: usize = 5;
const SHARE: f64 = 0.4;
/// Fewest and most positions of a motif.
const WIDTHS: [usize; 2] = [8, 24];

/// Draw what a model of DNA has learnt: its motif, and what it sees in chosen sequences
///
/// --out and --logo: class optimisation (Simonyan et al. 2014, Lanchantin et al. 2017) finds matrices of bases that a
/// network takes for the positive class, from 16 starts. In their likeliest sequences the stretches to which the score owes
/// most are laid on each other, and bases counted. It is a picture of what the network likes, not a count of sites.
///
/// --motifs, --motifs-logo, --hits: of any model of DNA, what the stretches of real sequences have in common to which
/// their score owes most, as counts of bases, and where these motifs match. A stretch counts if the sequence's score is
/// positive and the stretch adds more than the best one does in 19 of 20 sequences whose score is not.
///
/// --dashboard: DeepMotif's picture of chosen sequences, of any model of DNA: the sequence with letters as high as what each
/// base adds to the score, the saliency of each base (networks), and the running score of what comes before and after it.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-motif",
    version,
    after_help = "Examples:
  attentrack-motif --model CTCF.model.safetensors --out CTCF.meme --logo CTCF.svg
  attentrack-motif --model CTCF.model.safetensors --bins CTCF.bins.safetensors --splits splits.tsv \\
    --motifs CTCF.meme --motifs-logo CTCF.svg
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
    /// Motifs of the contributions of --bins to write, in the format of MEME [default: none]
    #[arg(long, value_name = "MEME", requires = "bins")]
    pub motifs: Option<PathBuf>,
    /// The same as logos [default: none]
    #[arg(long, value_name = "SVG", requires = "bins")]
    pub motifs_logo: Option<PathBuf>,
    /// Where these motifs match the sequences of --bins: BED6, then the chance and the contribution of each match [default: none]
    #[arg(long, value_name = "BED", requires = "bins")]
    pub hits: Option<PathBuf>,
    /// Largest chance of a match's score at a place of equal shares of bases, on one strand
    #[arg(long, value_name = "P", default_value_t = 1e-4, requires = "hits")]
    pub max_p: f64,
    /// Sequences for `modisco motifs -s`, [sequence, base, position] [default: none]
    #[arg(long, value_name = "NPZ", requires_all = ["bins", "modisco_attributions"])]
    pub modisco_sequences: Option<PathBuf>,
    /// Their contributions for `modisco motifs -a`, 0 at bases that are not there [default: none]
    #[arg(long, value_name = "NPZ", requires_all = ["bins", "modisco_sequences"])]
    pub modisco_attributions: Option<PathBuf>,
    /// Splits, of which the test set of fold 0 is taken for --motifs, --hits and --modisco-… [default: all sequences]
    #[arg(long, value_name = "FILE", requires = "bins")]
    pub splits: Option<PathBuf>,
    /// Seed of the matrix that the optimisation starts from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Picture of chosen sequences to write [default: none]
    #[arg(long, value_name = "SVG", requires_all = ["bins", "region"])]
    pub dashboard: Option<PathBuf>,
    /// Matrix of attentrack-bin with sequences: to draw, or to find motifs in
    #[arg(long, value_name = "FILE")]
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
            .input("--splits", &self.splits)
            .output("--out", &self.out)
            .output("--logo", &self.logo)
            .output("--motifs", &self.motifs)
            .output("--motifs-logo", &self.motifs_logo)
            .output("--hits", &self.hits)
            .output("--modisco-sequences", &self.modisco_sequences)
            .output("--modisco-attributions", &self.modisco_attributions)
            .output("--dashboard", &self.dashboard)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = self.compute.problem().into_iter().collect();
        if self.files().outputs.is_empty() {
            problems.push("nothing to write: give --out, --logo, --motifs, --hits or --dashboard".to_owned());
        }
        if !(self.max_p > 0.0 && self.max_p <= 1.0) {
            problems.push(format!("--max-p {}: expected more than 0, and 1 at most", self.max_p));
        }
        for path in [&self.modisco_sequences, &self.modisco_attributions].into_iter().flatten() {
            if path.extension().is_none_or(|extension| extension != "npz") {
                problems.push(format!("{}: expected a name that ends in .npz", path.display()));
            }
        }
        problems
    }

    fn run(&self) -> Result<()> {
        let mut pictures = Vec::new();
        let name = self.model.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_suffix(".model.safetensors").unwrap_or(&name).to_owned();
        if let Some(path) = &self.dashboard {
            pictures.push((path, self.dashboard()?));
        }
        if self.out.is_some() || self.logo.is_some() {
            let (motif, sites) = self.motif()?;
            tracing::info!("{name}: {} positions, consensus {}", motif.len(), figure::consensus(&motif));
            let note = match sites {
                Some(sites) => format!(
                    "{sites} stretches of inputs that the network likes (class optimisation); not a count of sites."
                ),
                None => "What one input that the network likes tells most (class optimisation); not a count of sites."
                    .to_owned(),
            };
            pictures.extend(self.logo.iter().map(|path| (path, figure::logo(&name, &motif, &note))));
            if let Some(path) = &self.out {
                let sites = sites.unwrap_or(SITES);
                meme::write(path, &[meme::Motif { name: name.clone(), positions: motif, sites }])?;
            }
        }
        if self.motifs.is_some()
            || self.motifs_logo.is_some()
            || self.hits.is_some()
            || self.modisco_sequences.is_some()
        {
            self.contributed(&name)?;
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
    /// The motif of class optimisation, and how many stretches it was gathered from, if any are alike.
    fn motif(&self) -> Result<(Vec<[f64; 4]>, Option<usize>)> {
        let (header, mut model) = model_file::load(&self.model, &self.compute.open()?)?;
        model.set_instruction_set(self.compute.instruction_set.set());
        let shape = model.network_row().filter(|shape| shape.part(LayerName::Sequence).is_some());
        let Some(shape) = shape else {
            let problem = "class optimisation needs a network of DNA, such as deep-motif-cnn";
            return Err(FileError::new(&self.model, problem)
                .remedy("Take --motifs, or attentrack-explain, for others")
                .into());
        };
        let (size, length) = (shape.size(), shape.size() / 4);
        let subject = Subject::new(model, shape)?;
        let matrices = subject.optima(self.seed, STARTS)?;
        let likeliest = |matrix: &[f32]| -> Vec<u8> {
            let share = |at: usize, base: u8| matrix[usize::from(base) * length + at];
            let best =
                |at: usize| (1..4u8).fold(0, |best, base| if share(at, base) > share(at, best) { base } else { best });
            (0..length).map(best).collect()
        };
        let codes: Vec<Vec<u8>> = matrices.chunks_exact(size).map(likeliest).collect();
        let x = one_hot(&codes.concat(), length);
        let settings = self.settings(&header, size, vec![1.0; 4]);
        let values = subject.explain(Method::Contributions, &x, &settings, |_| ())?;
        let sequences: Vec<ExplainedSequence> = codes
            .into_iter()
            .zip(values.chunks_exact(size))
            .map(|(codes, values)| {
                let sum = |at: usize| (0..4).map(|base| f64::from(values[base * length + at])).sum();
                ExplainedSequence { codes, contributions: (0..length).map(sum).collect() }
            })
            .collect();
        let best = threshold(&sequences).unwrap_or(0.0);
        if let Some(found) = motifs(&sequences, SHARE * best, FEWEST, 1).into_iter().next() {
            return Ok((found.matrix, Some(found.members.len())));
        }
        let position = |at: usize| std::array::from_fn(|base| f64::from(matrices[base * length + at]));
        let positions: Vec<[f64; 4]> = (0..length).map(position).collect();
        Ok((positions[most_telling(&positions)].to_vec(), None))
    }

    fn settings(&self, header: &ModelHeader, size: usize, scales: Vec<f32>) -> Settings {
        Settings {
            steps: 1,
            seed: self.seed,
            task: header.task,
            transform: header.transform.transform,
            baseline: vec![0.0; size],
            empty: vec![0.0; size],
            scales,
        }
    }

    /// The model, and the matrix that it reads.
    fn model_and_matrix(&self, path: &Path) -> Result<(ModelHeader, Box<dyn Trained>, Matrix)> {
        let (header, mut model) = model_file::load(&self.model, &self.compute.open()?)?;
        model.set_instruction_set(self.compute.instruction_set.set());
        let matrix = io::bins::read(path)?;
        fit::check(path, &header, &matrix)?;
        if header.model.layers() != [LayerName::Sequence] {
            return Err(FileError::new(&self.model, "expected a model that reads DNA alone")
                .remedy("Draw others with attentrack-track and attentrack-heatmap")
                .into());
        }
        model.set_shape(&matrix.row_shape(&[LayerName::Sequence]));
        Ok((header, model, matrix))
    }

    /// The picture of the chosen sequences.
    fn dashboard(&self) -> Result<String> {
        let Some(path) = &self.bins else { bail!("--dashboard needs --bins") };
        let (header, model, matrix) = self.model_and_matrix(path)?;
        let layers = [LayerName::Sequence];
        let rows = self.region.iter().map(|id| row_of(&matrix, id)).collect::<Result<Vec<_>, _>>();
        let rows = rows.map_err(|problem| FileError::new(path, problem).remedy("Take ids of its sequences"))?;
        let shape = matrix.row_shape(&layers);
        let x = header.transform.apply(&matrix, &layers, &rows);
        let x = x.map_err(|error| FileError::new(path, error.to_string()))?;
        let model = Subject::new(model, shape.clone())?;
        let settings = self.settings(&header, shape.size(), scales(&x, &shape));
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
    let information: Vec<f64> = positions.iter().map(information).collect();
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
