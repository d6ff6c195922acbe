//! Gene symbols, from the annotation to every table and track.

use crate::support::Workdir;

const GENES: usize = 30;

/// Thirty genes 20 kb apart on three chromosomes: g0 is MYC, g1 and g2 are both twin, the others have no name.
fn workdir() -> Workdir {
    let work = Workdir::new();
    let (mut gtf, mut signal, mut expression) = (String::new(), String::new(), "gene_id\ts\n".to_owned());
    for gene in 0..GENES {
        let (chrom, start) = (gene % 3 + 1, 20_000 * (gene / 3 + 1));
        let name = match gene {
            0 => " gene_name \"MYC\";",
            1 | 2 => " gene_name \"twin\";",
            _ => "",
        };
        let end = start + 5000;
        gtf += &format!("chr{chrom}\tx\tgene\t{}\t{end}\t.\t+\t.\tgene_id \"g{gene}\";{name}\n", start + 1);
        signal += &format!("chr{chrom}\t{}\t{}\t{}\n", start - 150, start + 150, 1 + gene % 2 * 9);
        expression += &format!("g{gene}\t{}\n", gene % 2 * 9);
    }
    work.write("a.gtf", gtf);
    let mut rows: Vec<&str> = signal.lines().collect();
    rows.sort_by_key(|row| row.split('\t').next());
    work.write("a.bedgraph", rows.join("\n") + "\n");
    work.write("expression.tsv", expression);
    work.ok("tss", "--annotation a.gtf --out genes.bed");
    work.ok("bin", "--genes genes.bed --signal H3K4me3=a.bedgraph --sample s --flank 200 --out s.bins.safetensors");
    work
}

/// Column gene_name, after gene_id, of the rows of a gene.
fn name_in(work: &Workdir, table: &str, gene: &str) -> String {
    let text = work.read(table);
    assert!(text.starts_with("gene_id\tgene_name\t"), "{table}: {text}");
    let row = text.lines().find(|row| row.starts_with(&format!("{gene}\t")));
    row.unwrap_or_else(|| panic!("{table}: {text}")).split('\t').nth(1).unwrap().to_owned()
}

#[test]
fn symbols_reach_every_table_and_track() {
    let work = workdir();
    work.ok("label", "--expression expression.tsv --sample s --genes genes.bed --out labels.tsv");
    work.ok("split", "--genes genes.bed --valid-chroms chr2 --test-chroms chr3 --out splits.tsv");
    let files = "--bins s.bins.safetensors --labels labels.tsv --splits splits.tsv";
    work.ok("train", &format!("{files} --model logistic-regression --out m.model.safetensors"));
    work.ok("predict", "--bins s.bins.safetensors --model m.model.safetensors --predictions predictions.tsv");
    work.ok("track", "--input s.bins.safetensors --format tsv --out track.tsv");
    work.ok("heatmap", "--input s.bins.safetensors --gene MYC --gene g3 --out heatmap.tsv --plot {gene}.svg");
    for table in ["labels.tsv", "splits.tsv", "predictions.tsv", "track.tsv", "heatmap.tsv"] {
        assert_eq!([name_in(&work, table, "g0"), name_in(&work, table, "g3")], ["MYC", "."], "{table}");
    }
    assert!(work.read("MYC.svg").contains("MYC (g0): signal") && work.read("g3.svg").contains(">g3: signal"));
    work.ok("track", "--input s.bins.safetensors --format bed --all --out track.bed");
    let bed = work.read("track.bed");
    assert!(bed.contains("\tMYC|H3K4me3\t") && bed.contains("\tg3|H3K4me3\t") && !bed.contains("\tg0|"), "{bed}");

    // tables of earlier versions lack the column
    let cut = |row: &str| {
        let cells: Vec<&str> = row.split('\t').collect();
        [cells[0], cells[2], cells[3]].join("\t") + "\n"
    };
    work.write("old.tsv", work.read("labels.tsv").lines().map(cut).collect::<String>());
    let evaluate = "--predictions predictions.tsv --splits splits.tsv --bootstrap 0";
    work.ok("evaluate", &format!("{evaluate} --labels labels.tsv --out new.json"));
    work.ok("evaluate", &format!("{evaluate} --labels old.tsv --out old.json"));
    assert_eq!(work.read("new.json"), work.read("old.json"));
}

#[test]
fn genes_are_found_by_symbol() {
    let work = workdir();
    let track = "--input s.bins.safetensors --format tsv --out t.tsv";
    let genes = |work: &Workdir| {
        let text = work.read("t.tsv");
        let mut ids: Vec<String> = text.lines().skip(1).map(|row| row.split('\t').next().unwrap().to_owned()).collect();
        ids.dedup();
        ids.join(" ")
    };
    work.ok("track", &format!("{track} --gene MYC --gene g4"));
    assert_eq!(genes(&work), "g0 g4");
    let log = work.ok("track", &format!("{track} --gene twin"));
    assert_eq!(genes(&work), "g1 g2");
    assert!(log.contains("--gene twin: 2 genes have this symbol, and all are taken: g1, g2"), "{log}");
    work.write("names", "# of interest\nMYC\ng5\n");
    work.ok("track", &format!("{track} --gene @names"));
    assert_eq!(genes(&work), "g0 g5");
    work.fails("track", &format!("{track} --gene myc"), &["\"myc\"", "there is \"MYC\"", "case"]);
    let heatmap = "--input s.bins.safetensors --out h.tsv";
    work.fails("heatmap", &format!("{heatmap} --gene Twin"), &["\"Twin\"", "there is \"twin\"", "case"]);
    work.ok("heatmap", &format!("{heatmap} --gene twin --plot {{gene}}.svg"));
    assert!(work.path("g1.svg").exists() && work.path("g2.svg").exists());
}
