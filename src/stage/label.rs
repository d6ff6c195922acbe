//! Labels from an expression table.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Parser;
use tracing::{info, warn};

use crate::genome::{Gene, check_name};
use crate::io::expression::{self, Columns, Expression};
use crate::io::{genes_bed, labels};
use crate::matrix::{Label, LabelMethod, Labels, label};
use crate::stage::{Common, Files, Stage};

/// Label genes as highly or lowly expressed in a sample
///
/// Reads any wide table with gene ids and one column a sample (Roadmap RPKM, featureCounts, Salmon and
/// tximport gene tables, RSEM, GCT, csv; plain or gzip) and writes gene_id, label and expression. High
/// is 1, low is 0; a gene without a value is NA. Of a gene that occurs twice with different values the
/// first is kept, and reported.
#[derive(Parser, Clone, Debug)]
#[command(
    name = "attentrack-label",
    version,
    allow_negative_numbers = true,
    after_help = "Examples:\n  attentrack-label --expression 57epigenomes.RPKM.pc.gz --sample E003 --out E003.labels.tsv\n  attentrack-label --expression salmon.merged.gene_tpm.tsv --sample ctrl_1 --method threshold --threshold 1 --out ctrl_1.labels.tsv"
)]
pub struct Args {
    /// Expression table: RPKM, TPM, counts…; not log-transformed; plain or gzip; - for standard input
    #[arg(long, short, value_name = "FILE")]
    pub expression: PathBuf,
    /// Sample whose expression is taken: the name of its column, or of the BAM that its column is named by
    #[arg(long, short, value_name = "NAME")]
    pub sample: String,
    /// Sample that it is compared with, a column of the same table: the label is log2((x + 1) / (y + 1)), the
    /// change from there to --sample [default: none]
    #[arg(long, value_name = "NAME")]
    pub versus: Option<String>,
    /// Where to write the labels; - for standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    /// How expression becomes a label
    #[arg(long, value_enum, default_value_t, value_name = "METHOD")]
    pub method: Method,
    /// With --method threshold: expression from which on a gene is high, in the table's unit [no default]
    #[arg(long, value_name = "X")]
    pub threshold: Option<f64>,
    /// With --method quantile: share of the genes that are low, between 0 and 1 [default: 0.5]
    #[arg(long, value_name = "SHARE")]
    pub quantile: Option<f64>,
    /// Write these genes, in this order; those that the table lacks are NA. Median, quantile and valley
    /// are still of all genes of the table [default: the table's genes]
    #[arg(long, value_name = "BED")]
    pub genes: Option<PathBuf>,
    /// Column of the values, TPM for example [default: named like --sample]
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,
    /// Column of the gene ids [default: gene_id, Geneid, gene, Name or the like, else the first]
    #[arg(long, value_name = "NAME")]
    pub gene_column: Option<String>,
    /// Keep the versions of Ensembl and RefSeq ids (ENSG00000141510.16) [default: they are stripped, as
    /// attentrack-tss does]
    #[arg(long)]
    pub keep_version: bool,
    /// Give the labels to other genes at random, from this seed: what is learnt from them is chance, for
    /// attentrack-faithfulness --permuted-model [default: as they are]
    #[arg(long, value_name = "SEED")]
    pub permute: Option<u64>,
    #[command(flatten)]
    common: Common,
}

/// How expression becomes a label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Method {
    /// High at or above the median of all genes of the table (DeepChrome, AttentiveChrome, ShallowChrome)
    #[default]
    Median,
    /// High at or above --threshold
    Threshold,
    /// High at or above the --quantile of all genes of the table
    Quantile,
    /// High at or above the valley between silent and active genes, below the median (ShallowChrome)
    Valley,
    /// log2(x + 1), for regression
    Log2,
}

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new()
            .input("--expression", [&self.expression])
            .input("--genes", &self.genes)
            .output("--out", [&self.out])
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Err(error) = check_name("sample", &self.sample) {
            problems.push(format!("--sample: {error}, and name the column of the table with --column"));
        }
        match (self.method, self.threshold) {
            (Method::Threshold, None) => {
                problems
                    .push("--method threshold needs --threshold, the expression from which on a gene is high".into());
            }
            (Method::Threshold, Some(threshold)) if !threshold.is_finite() || threshold < 0.0 => {
                problems.push(format!("--threshold must be a number of 0 or more, found {threshold}"));
            }
            (Method::Threshold, Some(_)) | (_, None) => {}
            (_, Some(_)) => problems.push("--threshold goes with --method threshold only".into()),
        }
        if self.versus.is_some() && self.method != Method::Log2 {
            problems.push("--versus makes numbers: give --method log2".into());
        }
        match self.quantile {
            Some(_) if self.method != Method::Quantile => {
                problems.push("--quantile goes with --method quantile only".into());
            }
            Some(share) if !(share > 0.0 && share < 1.0) => {
                problems.push(format!("--quantile must lie between 0 and 1, found {share}"));
            }
            _ => {}
        }
        problems
    }

    fn run(&self) -> anyhow::Result<()> {
        let genes = self.genes.as_deref().map(genes_bed::read).transpose()?;
        let expression = expression::read(&self.expression, &self.columns())?;
        let values: Vec<Option<f64>> = expression.genes.iter().map(|(_, value)| *value).collect();
        let (of_table, threshold) = label(&values, self.label_method())
            .with_context(|| format!("{}, column {:?}", self.expression.display(), expression.value_column))?;
        let of_table = match &self.versus {
            Some(versus) => self.changes(versus, &expression, of_table)?,
            None => of_table,
        };
        let rows = expression.genes.iter().zip(of_table);
        let table = rows.map(|((id, value), label)| Label { gene_id: id.clone(), label, expression: *value }).collect();
        self.report_table(&expression, threshold);
        let mut labels = match &genes {
            None => Labels { rows: table },
            Some(genes) => self.of_genes(genes, table)?,
        };
        if let Some(seed) = self.permute {
            labels.permute(seed);
            warn!("--permute: the labels are given to other genes at random; a model of them knows nothing");
        }
        self.report_labels(&labels);
        labels::write(&self.out, &labels)?;
        info!("{} genes -> {}", labels.rows.len(), self.out.display());
        Ok(())
    }
}

impl Args {
    fn columns(&self) -> Columns {
        Columns {
            sample: self.column.clone().unwrap_or_else(|| self.sample.clone()),
            gene: self.gene_column.clone(),
            keep_version: self.keep_version,
        }
    }

    /// What is more than in the sample `versus`; `None` where that has no value.
    fn changes(
        &self,
        versus: &str,
        expression: &Expression,
        labels: Vec<Option<f64>>,
    ) -> anyhow::Result<Vec<Option<f64>>> {
        let other = expression::read(&self.expression, &Columns { sample: versus.to_owned(), ..self.columns() })?;
        if other.value_column == expression.value_column {
            bail!("--versus {versus} and --sample {} are one column. Name two samples", self.sample);
        }
        info!("compared with {}", other.value_column);
        let values: Vec<Option<f64>> = other.genes.iter().map(|(_, value)| *value).collect();
        let (of_other, _) = label(&values, self.label_method())?;
        let of_other: HashMap<&str, f64> =
            other.genes.iter().zip(of_other).filter_map(|((id, _), label)| Some((id.as_str(), label?))).collect();
        let of_gene = |((id, _), label): (&(String, _), Option<f64>)| Some(label? - of_other.get(id.as_str())?);
        Ok(expression.genes.iter().zip(labels).map(of_gene).collect())
    }

    fn label_method(&self) -> LabelMethod {
        match self.method {
            Method::Median => LabelMethod::Median,
            Method::Threshold => LabelMethod::Threshold(self.threshold.unwrap_or_default()),
            Method::Quantile => LabelMethod::Quantile(self.quantile.unwrap_or(0.5)),
            Method::Valley => LabelMethod::Valley,
            Method::Log2 => LabelMethod::Log2,
        }
    }

    /// The labels of `genes`, in their order; a gene that the table lacks is NA.
    fn of_genes(&self, genes: &[Gene], table: Vec<Label>) -> anyhow::Result<Labels> {
        let bed = self.genes.as_deref().unwrap_or_else(|| "-".as_ref()).display();
        let (in_table, first) = (table.len(), table.first().map_or_else(String::new, |row| row.gene_id.clone()));
        let mut by_gene: HashMap<String, Label> = table.into_iter().map(|row| (row.gene_id.clone(), row)).collect();
        let missing = |gene: &Gene| Label { gene_id: gene.id.clone(), label: None, expression: None };
        let rows: Vec<Label> =
            genes.iter().map(|gene| by_gene.remove(&gene.id).unwrap_or_else(|| missing(gene))).collect();
        let joined = in_table - by_gene.len();
        if joined == 0 {
            let example = genes.first().map_or("", |gene| gene.id.as_str());
            bail!(
                "{}: none of its {in_table} genes is in {bed}: the table has ids like {first:?}, the genes like {example:?}. Name the column of the same ids with --gene-column, or make the genes with --id-attribute",
                self.expression.display()
            );
        }
        info!(
            "{joined} of {} genes of {bed} are in the table; {} others of the table are left out",
            genes.len(),
            by_gene.len()
        );
        if joined < genes.len() {
            info!("{} genes of {bed} are not in the table: labelled NA", genes.len() - joined);
        }
        Ok(Labels { rows })
    }

    fn report_table(&self, expression: &Expression, threshold: Option<f64>) {
        let Expression { genes, gene_column, value_column, repeated, conflicting, without_id, versions_stripped } =
            expression;
        info!(
            "{}: {} genes, ids from {gene_column}, values from {value_column}",
            self.expression.display(),
            genes.len()
        );
        if *repeated > 0 {
            info!("{repeated} rows repeat a gene and say the same: merged");
        }
        if !conflicting.is_empty() {
            let examples: Vec<&str> = conflicting.iter().take(5).map(String::as_str).collect();
            warn!(
                "{} genes occur with different values, the first is kept: {}{}",
                conflicting.len(),
                examples.join(", "),
                if conflicting.len() > examples.len() { ", …" } else { "" }
            );
        }
        if *without_id > 0 {
            warn!("{without_id} rows have no gene id: left out");
        }
        if *versions_stripped > 0 {
            info!("{versions_stripped} ids lost their version (--keep-version keeps it)");
        }
        let unexpressed = genes.iter().filter(|(_, value)| value.is_none()).count();
        if unexpressed > 0 {
            info!("{unexpressed} genes have no value: labelled NA");
        }
        if let Some(threshold) = threshold {
            info!("high from an expression of {threshold} on");
        }
    }

    fn report_labels(&self, labels: &Labels) {
        let known: Vec<f64> = labels.rows.iter().filter_map(|row| row.label).collect();
        if known.is_empty() {
            warn!("no gene is labelled: none of them has a value in the table");
            return;
        }
        if self.method == Method::Log2 {
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            let what = if self.versus.is_some() { "change, log2," } else { "log2(x + 1)" };
            info!("{} labelled, mean {what} {mean:.3}", known.len());
            return;
        }
        let high = known.iter().filter(|&&label| label == 1.0).count();
        let share = 100.0 * high as f64 / known.len() as f64;
        info!("{} labelled: {high} high ({share:.1} %), {} low", known.len(), known.len() - high);
        if known.iter().map(|label| label.to_bits()).collect::<HashSet<_>>().len() < 2 {
            warn!("all genes have the same label: no model can be trained on them");
        }
    }
}
