//! `attentrack-heatmap`: one gene's marks and bins in every sample.

mod figure;
mod map;
mod table;

pub use table::HeatmapRow;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Parser;

use self::map::Map;
use super::{gene_ids, judged};
use crate::genome::file_names;
use crate::io::{self, FileError, Output};
use crate::matrix::{Labels, Matrix, Predictions, Region, gene_key};
use crate::stage::{Common, Files, Stage};

/// What stands for the gene in --plot.
const GENE: &str = "{gene}";

/// Show which marks matter to a gene in each sample: a row a sample, a column a mark, and the bins.
///
/// The table has one row a gene, sample and mark: the mark's value and where its highest bin lies. The
/// picture shows the same and all bins, 5′ to 3′. The value of a mark is its mark attention (attention; sums to 1
/// over the marks), the sum over its bins (attribution) or their mean (signal). The value of a bin is mark
/// attention × corrected bin attention in units of an even share, so that 1 means that nothing stands out
/// (attention), or else the stored number. The picture follows AttentiveChrome's mark maps (Singh et al. 2017),
/// which show PAX5 in three cell types.
#[derive(Parser, Clone, Debug)]
#[command(
    name = "attentrack-heatmap",
    version,
    after_help = "Examples:
  attentrack-heatmap --input results/attention/*.attention.bins.safetensors --gene ENSG00000196092 \\
    --out PAX5.tsv --plot PAX5.svg
  attentrack-heatmap --input H1.attention.bins.safetensors GM12878.attention.bins.safetensors \\
    --predictions H1.predictions.tsv GM12878.predictions.tsv \\
    --labels H1.labels.tsv GM12878.labels.tsv \\
    --gene @genes.txt --out maps.tsv --plot '{gene}.svg'"
)]
pub struct Args {
    /// Attention of attentrack-predict, attribution of attentrack-explain or signal of attentrack-bin, one file a sample
    #[arg(long, value_name = "FILE", required = true, num_args = 1.., help_heading = "Input")]
    pub input: Vec<PathBuf>,
    /// Gene to show, by id or symbol (all genes that have it), or @FILE with one a line; may be repeated
    #[arg(long, value_name = "NAME|@FILE", required = true, help_heading = "Input")]
    pub gene: Vec<String>,
    /// Predictions, one file a sample, in the order of --input [default: scores are not shown]
    #[arg(long, value_name = "TSV", num_args = 1.., help_heading = "Input")]
    pub predictions: Vec<PathBuf>,
    /// Labels, one file a sample, in the order of --input [default: labels are not shown]
    #[arg(long, value_name = "TSV", num_args = 1.., help_heading = "Input")]
    pub labels: Vec<PathBuf>,
    /// Tables of attentrack-faithfulness, one a sample, in the order of --input; the picture then says whether what is shown is better than the raw signal [default: it says that this was not tested]
    #[arg(long, value_name = "TSV", num_args = 1.., help_heading = "Input")]
    pub faithfulness: Vec<PathBuf>,
    /// Table to write; - for standard output
    #[arg(long, value_name = "TSV", help_heading = "Output")]
    pub out: PathBuf,
    /// Picture to write, SVG; {gene} in its name stands for each gene, with _ for what is not a letter, digit or one of
    /// _ . + - [default: not drawn]
    #[arg(long, value_name = "SVG", help_heading = "Output")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        let files = Files::new()
            .input("--input", &self.input)
            .input("--gene", gene_ids::files(&self.gene))
            .input("--predictions", &self.predictions)
            .input("--labels", &self.labels)
            .input("--faithfulness", &self.faithfulness)
            .output("--out", [&self.out]);
        match &self.plot {
            Some(plot) if plot.to_string_lossy().contains(GENE) => files.template("--plot", [plot]),
            plot => files.output("--plot", plot),
        }
    }

    fn problems(&self) -> Vec<String> {
        let samples = self.input.len();
        let given =
            [("--predictions", &self.predictions), ("--labels", &self.labels), ("--faithfulness", &self.faithfulness)];
        let wrong = given.into_iter().filter(|(_, files)| !files.is_empty() && files.len() != samples);
        wrong
            .map(|(flag, files)| {
                format!(
                    "--input names {samples} and {flag} {} files. Give one for each sample, in the same order",
                    files.len()
                )
            })
            .collect()
    }

    fn run(&self) -> anyhow::Result<()> {
        let genes = self.genes()?;
        if let Some(plot) = &self.plot
            && genes.len() > 1
            && !plot.to_string_lossy().contains(GENE)
        {
            bail!("--plot {}: {} genes need a name with {GENE} in it", plot.display(), genes.len());
        }
        // before anything is written
        let files = match &self.plot {
            Some(_) => file_names("gene", genes.iter().map(|(name, _)| name.as_str()))
                .context("--plot: draw one of them at a time")?,
            None => Vec::new(),
        };
        let plots = |plot: &PathBuf| {
            let path = |file: &String| PathBuf::from(plot.to_string_lossy().replace(GENE, file));
            files.iter().map(path).collect::<Vec<_>>()
        };
        let plots = self.plot.as_ref().map(plots).unwrap_or_default();
        let written = Files::new().output("--out", [&self.out]).output("--plot", plots.iter().collect::<BTreeSet<_>>());
        if let Some(problem) = written.problem() {
            bail!("{problem}");
        }
        let map = self.read(genes.into_iter().map(|(_, gene)| gene).collect())?;
        table::write(&self.out, &map)?;
        for (gene, path) in plots.iter().enumerate() {
            let mut output = Output::create(path)?;
            output.put(figure::draw(&map, gene).as_bytes())?;
            output.commit()?;
        }
        tracing::info!("{}: {} genes in {} samples", self.out.display(), map.genes.len(), map.samples.len());
        Ok(())
    }
}

impl Args {
    /// The genes named, and what a file of each is called: the name as it was given, or the id where that name has
    /// several genes.
    fn genes(&self) -> anyhow::Result<Vec<(String, Region)>> {
        let mut known = Vec::new();
        for path in &self.input {
            known.extend(io::bins::open(path)?.0.regions);
        }
        let names = gene_ids::named(&self.gene)?;
        let found = gene_ids::find(&names, &known, "any --input").map_err(anyhow::Error::msg)?;
        let mut genes = Vec::new();
        for (name, places) in names.into_iter().zip(found) {
            // every sample has the same gene
            let mut seen = BTreeSet::new();
            let own: Vec<&Region> =
                places.iter().map(|&at| &known[at]).filter(|gene| seen.insert(gene_key(&gene.id))).collect();
            match own[..] {
                [gene] => genes.push((name, gene.clone())),
                _ => genes.extend(own.into_iter().map(|gene| (gene.id.clone(), gene.clone()))),
            }
        }
        Ok(genes)
    }

    /// One sample in memory at a time.
    fn read(&self, genes: Vec<Region>) -> anyhow::Result<Map> {
        let mut map: Option<Map> = None;
        for (place, path) in self.input.iter().enumerate() {
            let matrix = io::bins::read(path)?;
            let predictions = self.predictions.get(place).map(|path| predictions_of(path, &matrix)).transpose()?;
            let labels = self.labels.get(place).map(|path| io::labels::read(path)).transpose()?;
            let map = match &mut map {
                Some(map) => map,
                none => none.insert(Map::new(&matrix, genes.clone())),
            };
            add(map, path, &matrix, predictions.as_ref(), labels.as_ref())?;
            if let Some(path) = self.faithfulness.get(place) {
                let of_attribution = matrix.attribution.as_ref().map(|attribution| attribution.method.as_str());
                let method = of_attribution.unwrap_or(map::shown(&matrix).of_attention());
                map.judged.push(judged::verdict(path, &matrix, method)?);
            }
        }
        let Some(map) = map else { bail!("--input names no file") };
        Ok(map)
    }
}

fn predictions_of(path: &Path, matrix: &Matrix) -> anyhow::Result<Predictions> {
    let predictions = io::predictions::read(path)?;
    if predictions.sample != matrix.sample {
        bail!(
            "{}: holds sample {:?}, but the --input in its place {:?}. Give both in the same order",
            path.display(),
            predictions.sample,
            matrix.sample
        );
    }
    Ok(predictions)
}

fn add(
    map: &mut Map,
    path: &Path,
    matrix: &Matrix,
    predictions: Option<&Predictions>,
    labels: Option<&Labels>,
) -> anyhow::Result<()> {
    if let Some(difference) = map.difference(matrix) {
        bail!(
            "{}: {difference} differ from those of {}. Give files that were made alike",
            path.display(),
            map.samples[0].name
        );
    }
    if map.samples.iter().any(|sample| sample.name == matrix.sample) {
        bail!("{}: sample {:?} is there already. Give each sample once", path.display(), matrix.sample);
    }
    Ok(map.add(matrix, predictions, labels).map_err(|error| FileError::new(path, error.to_string()))?)
}
