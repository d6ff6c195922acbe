//! The tables of a simulated data set.

use super::Args;
use crate::io::Result;
use crate::io::table::write_table;
use crate::matrix::simulation::{Biotype, SimulatedMark, Simulation, Span};

/// Writes expression.tsv, samples.tsv, truth.tsv and truth.genes.tsv.
pub(super) fn write(args: &Args, simulation: &Simulation) -> Result<()> {
    expression(args, simulation)?;
    samples(args, simulation)?;
    truth(args)?;
    truth_genes(args, simulation)
}

/// Protein-coding genes by id without version, one column a sample, RPKM; with the blemishes of real
/// tables: NA cells, one id that occurs twice (a join duplicate), and ids that the annotation does not
/// know.
fn expression(args: &Args, simulation: &Simulation) -> Result<()> {
    let names = simulation.samples.iter().map(|sample| sample.name.as_str());
    let columns: Vec<&str> = std::iter::once("gene_id").chain(names).collect();
    let genes = &simulation.genome.genes;
    let coding: Vec<usize> = (0..genes.len()).filter(|&i| genes[i].biotype == Biotype::ProteinCoding).collect();
    let row = |id: String, gene: usize| -> Vec<String> {
        let values = simulation.samples.iter().map(|sample| number(sample.states[gene].expression));
        std::iter::once(id).chain(values).collect()
    };
    let mut rows: Vec<Vec<String>> = coding.iter().map(|&gene| row(genes[gene].id.clone(), gene)).collect();
    rows.insert(coding.len() / 3, rows[coding.len() / 3].clone());
    // genes of another release are expressed as these are
    let unknown = coding.iter().step_by(20).enumerate();
    rows.extend(unknown.map(|(i, &gene)| row(format!("ENSSIMG{:011}", 1_000_000 + 17 * i), gene)));
    write_table(&args.out.join("expression.tsv"), &columns, rows)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "NA".to_owned(), |value| value.to_string())
}

fn samples(args: &Args, simulation: &Simulation) -> Result<()> {
    let rows = simulation.samples.iter().flat_map(|sample| {
        args.marks
            .iter()
            .map(|&mark| [sample.name.clone(), mark.to_string(), args.signal_name(&sample.name, mark), String::new()])
    });
    write_table(&args.out.join("samples.tsv"), &["sample", "mark", "path", "control"], rows)
}

/// What decides: a row a mark.
fn truth(args: &Args) -> Result<()> {
    let none = || ["NA".to_owned(), "NA".to_owned()];
    let (columns, span) = match args.planted.span() {
        Span::Bases(bases) => {
            (["mark", "role", "start_bp", "end_bp"], [bases.start.to_string(), bases.end.to_string()])
        }
        Span::Body(shares) => {
            (["mark", "role", "start_share", "end_share"], [shares.start.to_string(), shares.end.to_string()])
        }
    };
    let rows = args.marks.iter().map(|&mark| {
        let (role, [start, end]) = match mark {
            mark if mark == args.planted.mark() => ("raises", span.clone()),
            SimulatedMark::H3K27me3 => ("lowers_a_little", none()),
            _ => ("none", none()),
        };
        [mark.to_string(), role.to_owned(), start, end]
    });
    write_table(&args.out.join("truth.tsv"), &columns, rows)
}

/// How strong the planted marks are at each gene, and the expression that they ask for.
fn truth_genes(args: &Args, simulation: &Simulation) -> Result<()> {
    let mut rows = Vec::new();
    for sample in &simulation.samples {
        for (gene, state) in simulation.genome.genes.iter().zip(&sample.states) {
            rows.push([
                gene.id.clone(),
                sample.name.clone(),
                format!("{:.3}", state.planted),
                format!("{:.3}", state.polycomb),
                format!("{:.3}", state.expected),
            ]);
        }
    }
    let planted = args.planted.mark().name().to_ascii_lowercase();
    let columns = ["gene_id", "sample", &planted, "h3k27me3", "expected_log2_rpkm"];
    write_table(&args.out.join("truth.genes.tsv"), &columns, rows)
}
