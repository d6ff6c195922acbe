//! One transcription start site a gene, from an annotation.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::bail;
use clap::Parser;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::job::{Emit, Job, JobInput, JobOutput, Number, Size, Unit};
use crate::genome::{TssOptions, TssPolicy, TssSelection, select_tss};
use crate::io::annotation::{self, Annotation, AnnotationFormat, ReadOptions, Tally};
use crate::io::genes_bed;
use crate::stage::{Common, Files, Flags, Stage};

/// Find the transcription start site (TSS) of each gene of an annotation
///
/// Reads GTF, GFF3 or BED6 (plain or gzip, told apart by content; the dialects of
/// Ensembl, GENCODE, RefSeq, UCSC, FlyBase, WormBase, TAIR, Prokka, AUGUSTUS, StringTie and gffread)
/// and writes genes.bed: BED6 and two columns without a header, one TSS base a row, gene id as name, strand, then
/// the 0-based position of the gene's (or transcript's) last base and the gene's symbol (gene_name or its like in each
/// dialect), each `.` where it is not known. The order of the annotation's lines does not matter. Chromosomes come in the order of their bytes
/// (chr1, chr10, chr2), as sort and bedtools have them; TSSs ascend; at one TSS the ids do.
///
/// A gene's own line tells where it is; genes without one get the outermost of their transcript, exon and CDS lines. Of
/// several copies of a gene one is kept: on a chromosome before other contigs, these before alternative ones (_alt,
/// _fix, _hap); with a gene line before without; then the first in the order above. Genes on circular sequences
/// (Is_circular) may run over the origin. Whatever is left out is counted in the log by reason.
#[derive(Parser, Clone, Debug, PartialEq, Serialize)]
#[command(
    name = "attentrack-tss",
    version,
    after_help = "\
Examples:
  attentrack-tss --annotation gencode.v46.annotation.gtf.gz --out genes.bed
  attentrack-tss --annotation Homo_sapiens.GRCh38.112.gff3.gz --policy canonical \\
    --biotype protein_coding --out genes.bed"
)]
pub struct Args {
    /// Gene annotation: GTF, GFF3, or BED6 of genes or TSSs, plain or gzip, or bigBed of genes or transcripts; - for standard input (not bigBed)
    #[arg(long, short, value_name = "FILE")]
    pub annotation: PathBuf,
    /// Where to write genes.bed; - for standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    /// Does nothing: genes.bed always has the last bases. Earlier versions wrote them with this flag only
    #[arg(long, hide = true)]
    pub ends: bool,
    #[allow(missing_docs)]
    #[serde(flatten)]
    #[command(flatten)]
    pub options: Flags<Options>,
    #[allow(missing_docs)]
    #[serde(skip)]
    #[command(flatten)]
    pub common: Common,
}

/// How an annotation becomes one TSS a gene.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "TssOptions")]
pub struct Options {
    /// Which TSS stands for a gene
    #[schemars(extend("x-value" = "POLICY"))]
    pub policy: TssPolicy,
    /// Gene biotypes to keep, separated by commas, as the annotation's gene_biotype or gene_type spells
    /// them (the papers use protein_coding), or all [default: all]
    #[schemars(extend("x-value" = "TYPE,…"))]
    pub biotype: Vec<String>,
    /// Chromosomes to keep, separated by commas [default: all]
    #[schemars(extend("x-value" = "CHROM,…"))]
    pub chroms: Vec<String>,
    /// Chromosomes to leave out, separated by commas, chrM,chrY for example [default: none]
    #[schemars(extend("x-value" = "CHROM,…"))]
    pub exclude_chroms: Vec<String>,
    /// Attribute to take as gene id, gene_name for example, or a database of Dbxref/db_xref, GeneID for
    /// example; genes without it keep their usual id [default: gene_id, or ID in GFF3]
    #[schemars(extend("x-value" = "NAME"))]
    pub id_attribute: Option<String>,
    /// Keep the versions of Ensembl and RefSeq ids (ENSG00000141510.16, lift37: .5_2) [default: they are stripped,
    /// so that any expression table joins; GENCODE's _PAR_Y stays]
    pub keep_version: bool,
}

/// The stage as a job of the chain.
pub const JOB: Job = Job {
    stage: "tss",
    about: "One transcription start site a gene, from a GTF, GFF3 or BED",
    keywords: &["tss", "annotation", "genes"],
    unit: Unit::Once("genes"),
    sections: &["annotation"],
    sample_flag: None,
    size: Size::Single,
    uses_gpu: false,
    inputs: &[JobInput::new("--annotation", "annotation", Number::One, ("Gene annotation", "*.{gtf,gff3,bed}{,.gz}"))],
    outputs: &[JobOutput::file("--out", "", ".bed", || vec![Emit::file("genes", "One base a gene")])],
};

impl Stage for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn files(&self) -> Files {
        Files::new().input("--annotation", [&self.annotation]).output("--out", [&self.out])
    }

    fn run(&self) -> anyhow::Result<()> {
        let transcripts = self.options.policy != TssPolicy::Gene;
        let options = ReadOptions { id_attribute: self.options.id_attribute.clone(), transcripts };
        let annotation = annotation::read(&self.annotation, &options)?;
        self.check(&annotation)?;
        let selection = select_tss(&annotation.genes, &self.tss_options());
        self.report(&annotation, &selection);
        if selection.genes.is_empty() {
            bail!(
                "{}: none of {} genes is left. {}",
                self.annotation.display(),
                annotation.genes.len(),
                self.why_none(&selection)
            );
        }
        if self.ends {
            info!("--ends does nothing: genes.bed always has each gene's last base");
        }
        genes_bed::write(&self.out, &selection.genes)?;
        let named = selection.genes.iter().filter(|gene| gene.symbol.is_some()).count();
        info!(
            "{} rows, {} genes, {named} rows with a symbol -> {}",
            selection.genes.len(),
            selection.kept,
            self.out.display()
        );
        Ok(())
    }
}

impl Args {
    /// The biotypes to keep; empty for all.
    fn biotypes(&self) -> Vec<String> {
        if self.options.biotype.iter().any(|biotype| biotype == "all") {
            Vec::new()
        } else {
            self.options.biotype.clone()
        }
    }

    fn tss_options(&self) -> TssOptions {
        TssOptions {
            policy: self.options.policy,
            biotypes: self.biotypes(),
            chroms: self.options.chroms.clone(),
            exclude_chroms: self.options.exclude_chroms.clone(),
            keep_version: self.options.keep_version,
        }
    }

    /// Refuses what the annotation cannot answer.
    fn check(&self, annotation: &Annotation) -> anyhow::Result<()> {
        let path = self.annotation.display();
        let biotypes: BTreeSet<&str> = annotation.genes.iter().filter_map(|gene| gene.biotype.as_deref()).collect();
        if !self.biotypes().is_empty() && biotypes.is_empty() {
            bail!(
                "{path}: no gene has a biotype (gene_biotype, gene_type or biotype), so --biotype cannot be applied. Leave --biotype out, or use an annotation that has them"
            );
        }
        let (known, unknown): (Vec<String>, Vec<String>) =
            self.biotypes().into_iter().partition(|biotype| biotypes.contains(biotype.as_str()));
        if !unknown.is_empty() && known.is_empty() {
            let known = listed(biotypes.iter().copied());
            bail!("{path}: no gene of biotype {}. --biotype can be one of: {known}", unknown.join(", "));
        }
        if !unknown.is_empty() {
            warn!("{path}: no gene of biotype {}", unknown.join(", "));
        }
        let chroms: BTreeSet<&str> = annotation.genes.iter().map(|gene| gene.chrom.as_str()).collect();
        if let Some(chrom) = self.options.chroms.iter().find(|chrom| !chroms.contains(chrom.as_str())) {
            bail!("{path}: no gene on chromosome {chrom}. --chroms can be one of: {}", listed(chroms.iter().copied()));
        }
        if self.options.policy != TssPolicy::Gene && annotation.genes.iter().all(|gene| gene.transcripts.is_empty()) {
            let what =
                if annotation.format == AnnotationFormat::Bed { "a BED file has none" } else { "the file has none" };
            bail!("{path}: --policy canonical and transcript need transcripts, and {what}. Use --policy gene");
        }
        if let Some(name) = &self.options.id_attribute
            && annotation.tally.without_id_attribute == annotation.genes.len() as u64
        {
            bail!("{path}: no gene has an attribute {name}. Check the spelling of --id-attribute");
        }
        Ok(())
    }

    fn report(&self, annotation: &Annotation, selection: &TssSelection) {
        let Annotation { format, genes, tally } = annotation;
        info!("{}: {format}, {} genes", self.annotation.display(), genes.len());
        self.report_lines(tally, genes.iter().filter(|gene| gene.derived).count());
        for (reason, ids) in &selection.skipped {
            let ids_listed = listed(ids.iter().map(String::as_str));
            let skipped = format!("skipped {} genes {}: {ids_listed}", ids.len(), reason.words());
            if reason.is_asked_for() { info!("{skipped}") } else { warn!("{skipped}") }
        }
        if selection.longest > 0 {
            info!("{} genes have no canonical transcript: the longest stood in", selection.longest);
        }
        if selection.without_transcripts > 0 {
            info!("{} genes have no transcript: the gene record stood in", selection.without_transcripts);
        }
        if selection.versions_stripped > 0 {
            info!("{} ids lost their version (--keep-version keeps it)", selection.versions_stripped);
        }
        let coding = genes.iter().filter(|gene| gene.biotype.as_deref() == Some("protein_coding")).count();
        if self.options.biotype.is_empty() && coding > 0 && coding < genes.len() {
            info!("all biotypes are kept; --biotype protein_coding would keep {coding} of {}", genes.len());
        }
    }

    /// What the reading of lines left out or took for granted.
    fn report_lines(&self, tally: &Tally, derived: usize) {
        if derived > 0 {
            info!("{derived} genes have no gene line: their ends are the outermost of their other lines");
        }
        for (reason, lines) in &tally.ignored {
            warn!("ignored {lines} lines {}", reason.words());
        }
        if tally.other_kinds > 0 {
            info!(
                "{} lines are of kinds that are not read (not a gene, transcript, exon, CDS or UTR)",
                tally.other_kinds
            );
        }
        if tally.split_genes > 0 {
            info!(
                "{} genes without a gene line have numbered copies (_2, _dup1): each copy is taken for itself",
                tally.split_genes
            );
        }
        if tally.scattered_genes > 0 {
            warn!("{} genes are trans-spliced: the first part gives their TSS and end", tally.scattered_genes);
        }
        if tally.over_origin > 0 {
            info!("{} genes run over the origin of a circular sequence", tally.over_origin);
        }
        if tally.beyond_sequence > 0 {
            warn!(
                "{} genes end beyond their sequence (##sequence-region), which no line calls circular (Is_circular=true)",
                tally.beyond_sequence
            );
        }
        if tally.changed_symbols > 0 {
            info!("{} gene symbols hold blanks, | or the like: _ stands for them", tally.changed_symbols);
        }
        if self.options.id_attribute.is_some() && tally.without_id_attribute > 0 {
            warn!("{} genes have no such attribute and keep their usual id", tally.without_id_attribute);
        }
    }

    fn why_none(&self, selection: &TssSelection) -> String {
        let reasons: Vec<String> =
            selection.skipped.iter().map(|(reason, ids)| format!("{} {}", ids.len(), reason.words())).collect();
        format!("They are left out for these reasons: {}", reasons.join("; "))
    }
}

/// The first few names, and how many more there are.
fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<&str> = names.take(SHOWN).collect();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
