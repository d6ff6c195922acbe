//! attentrack-graph on binned signal: nodes, groups of samples, what the report gets of it, real marks.

use crate::graph::edges;
use crate::support::{Workdir, shared_data};

/// Bins of 80 genes of two marks: b has the signal of a at promoters, and one of its own along the genes. Genes 3 and 7 have
/// no expression, which else follows a along the gene.
fn bins_of_genes(work: &Workdir, body: &str, out: &str) {
    bins_of_sample(work, "S", 11, 1.0, body, out);
}

/// The same of a sample of its own: other numbers, and so many times the signal.
fn bins_of_sample(work: &Workdir, sample: &str, seed: u64, depth: f64, body: &str, out: &str) {
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    let (mut gtf, mut a, mut b) = (String::new(), String::new(), String::new());
    let mut labels = "gene_id\tgene_name\tlabel\texpression\n".to_owned();
    for gene in 0..80 {
        let tss = 100_000 + 60_000 * gene;
        gtf += &format!("chr1\tx\tgene\t{}\t{}\t.\t+\t.\tgene_id \"g{gene}\";\n", tss + 1, tss + 12_000);
        let [promoter, along, other, little] = [(); 4].map(|()| (10_000.0 * random()).round() / 10_000.0);
        for (text, near, far) in [(&mut a, promoter, along), (&mut b, promoter + 0.25 * little, other)] {
            *text += &format!("chr1\t{}\t{}\t{:.6}\n", tss - 1_000, tss + 1_000, depth * near);
            *text += &format!("chr1\t{}\t{}\t{:.6}\n", tss + 1_000, tss + 12_000, depth * far);
        }
        let expression =
            if [3, 7].contains(&gene) { "NA".to_owned() } else { format!("{:.4}", 5.0 * along + random()) };
        labels += &format!("g{gene}\t.\t1\t{expression}\n");
    }
    work.write("genes.gtf", gtf);
    work.write("a.bedgraph", a);
    work.write("b.bedgraph", b);
    work.write("labels.tsv", labels);
    work.ok("tss", "--annotation genes.gtf --out genes.bed");
    let signals = "--signal a=a.bedgraph --signal b=b.bedgraph";
    work.ok("bin", &format!("--genes genes.bed {signals} --sample {sample} {body} --out {out}"));
}

#[test]
fn marks_in_parts_of_the_region_and_expression_are_nodes() {
    let work = Workdir::new();
    bins_of_genes(&work, "--body", "S.bins.safetensors");
    let log = work.ok("graph", "--bins S.bins.safetensors --labels labels.tsv --out-dir g");
    assert!(log.contains("left out 2 of 80 observations"), "{log}");
    let nodes: Vec<String> = work
        .read("g/nodes.tsv")
        .lines()
        .skip(1)
        .map(|line| line.split('\t').skip(1).take(4).collect::<Vec<_>>().join(" "))
        .collect();
    let of_marks = ["a.promoter a promoter a", "a.body a body a", "b.promoter b promoter b", "b.body b body b"];
    assert_eq!(nodes[..4], of_marks);
    assert_eq!(nodes[4], "expression NA NA expression");
    let found = edges(&work, "g");
    for edge in ["S a.promoter b.promoter", "S a.body expression"] {
        assert!(found.contains(&edge.to_owned()), "no {edge} in {found:?}");
    }
    assert!(!found.contains(&"S b.body expression".to_owned()), "{found:?}");
    assert!(work.read("g/group_edges.tsv").contains("S\ta\tb\t"));
    // rotation needs places, which bins have
    assert!(work.read("g/null.tsv").contains("S\trotated\t"));
    work.ok("graph", "--bins S.bins.safetensors --nodes flank --lambda 0.05 --out-dir flank");
    assert_eq!(work.read("flank/nodes.tsv").lines().count(), 1 + 2);
    bins_of_genes(&work, "", "window.bins.safetensors");
    work.ok("graph", "--bins window.bins.safetensors --lambda 0.1 --out-dir window");
    assert!(work.read("window/nodes.tsv").contains("\ta.flank\t"));
    let signals = "--signal a=a.bedgraph --signal b=b.bedgraph";
    work.ok("bin", &format!("--genes genes.bed {signals} --sample N --flank 1000 --out near.bins.safetensors"));
    work.ok("graph", "--bins near.bins.safetensors --lambda 0.1 --out-dir near");
    assert_eq!(work.read("near/nodes.tsv").lines().count(), 1 + 2, "promoters alone");
    for (flags, needles) in [
        ("--bins window.bins.safetensors --nodes body", &["window.bins.safetensors", "--nodes body", "--body"][..]),
        ("--bins S.bins.safetensors --bins window.bins.safetensors", &["window.bins.safetensors", "context S"]),
        ("--bins S.bins.safetensors --labels labels.tsv --labels labels.tsv", &["--labels", "once for each"]),
        ("--bins S.bins.safetensors --labels genes.bed", &["genes.bed"]),
    ] {
        work.fails("graph", &format!("{flags} --out-dir bad"), needles);
    }
}

#[test]
fn parts_of_the_window_and_what_does_not_go_together() {
    let work = Workdir::new();
    bins_of_genes(&work, "--body", "S.bins.safetensors");
    work.ok("graph", "--bins S.bins.safetensors --nodes bins:4,promoter --lambda 0.05 --out-dir g");
    let nodes = work.read("g/nodes.tsv");
    let names: Vec<&str> = nodes.lines().skip(1).filter_map(|line| line.split('\t').nth(1)).collect();
    // the outer parts have no signal before the TSS, and that along the gene behind it
    assert_eq!(names.len(), 2 * 4, "{nodes}");
    assert!(names.contains(&"a.bin2") && names.contains(&"a.bin4") && !names.contains(&"a.bin1"), "{nodes}");
    work.ok("graph", "--bins S.bins.safetensors --labels labels.tsv --nodes body,expression --lambda 0.1 --out-dir e");
    assert_eq!(edges(&work, "e"), ["S a.body expression"]);
    for (flags, needles) in [
        ("--nodes bins:1000", &["S.bins.safetensors", "too few bins", "bins:1000"][..]),
        ("--nodes body,expression", &["--nodes expression", "--labels"]),
        ("--nodes body --labels labels.tsv", &["--labels", "expression"]),
    ] {
        work.fails("graph", &format!("--bins S.bins.safetensors {flags} --out-dir bad"), needles);
        assert!(!work.path("bad").exists(), "{flags}");
    }
    for (flags, words) in [
        ("--nodes bins:0", "promoter, body, flank, bins:N or expression"),
        ("--nodes gene", "promoter, body, flank, bins:N or expression"),
        ("--contexts group", "--samples"),
        ("--samples labels.tsv", "--contexts"),
    ] {
        let mut command = work.stage("graph");
        let command = command.args("--bins S.bins.safetensors --out-dir bad".split(' ')).args(flags.split(' '));
        let said = command.output().unwrap();
        let text = String::from_utf8(said.stderr).unwrap();
        assert!(said.status.code() == Some(2) && text.contains(words), "{flags}: {text}");
    }
}

#[test]
fn samples_of_a_group_are_one_context_and_depth_does_not_count() {
    let work = Workdir::new();
    for (sample, seed, depth) in [("S1", 11, 1.0), ("S2", 11, 1000.0), ("S3", 12, 1.0), ("S4", 13, 1.0)] {
        bins_of_sample(&work, sample, seed, depth, "", &format!("{sample}.bins.safetensors"));
    }
    work.write(
        "samples.tsv",
        "sample\tmark\tpath\tgroup\nS1\ta\tx\tone\nS1\tb\tx\tone\nS2\ta\tx\tone\nS3\ta\tx\ttwo\nS4\ta\tx\ttwo\n",
    );
    let files =
        |samples: &[&str]| -> String { samples.iter().map(|s| format!(" --bins {s}.bins.safetensors")).collect() };
    let rows = |folder: &str, context: &str| -> Vec<String> {
        let text = work.read(&format!("{folder}/edges.tsv"));
        let own = text.lines().filter_map(|line| line.strip_prefix(context)?.strip_prefix('\t'));
        own.map(|row| row.rsplit_once('\t').unwrap().0.to_owned()).collect()
    };
    let alone = "--lambda 0.05 --halves 20 --out-dir";
    work.ok("graph", &format!("{} {alone} alone", files(&["S1"])));
    // a sample and the same measured a thousand times deeper are the sample
    let grouped = "--samples samples.tsv --contexts group --lambda 0.05 --halves 20 --out-dir";
    let log = work.ok("graph", &format!("{} {grouped} same", files(&["S1", "S2"])));
    assert!(log.contains("context one: each of 80 genes has its mean over 2 samples"), "{log}");
    assert!(!rows("alone", "S1").is_empty());
    assert_eq!(rows("same", "one"), rows("alone", "S1"));
    // taken as they are, the deeper one counts for all
    work.ok("graph", &format!("{} {grouped} raw --association pearson", files(&["S1", "S3"])));
    // contexts in the order of the files, genes counted once
    work.ok("graph", &format!("{} {grouped} two --method jeek", files(&["S1", "S2", "S3", "S4"])));
    let nodes = work.read("two/nodes.tsv");
    let contexts: Vec<&str> = nodes.lines().skip(1).step_by(4).map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(contexts, ["one", "two"]);
    assert!(nodes.lines().skip(1).all(|line| line.ends_with("\t80\t0")), "{nodes}");
    // each sample, as without
    work.ok("graph", &format!("{} --samples samples.tsv --contexts sample {alone} each", files(&["S1", "S3"])));
    work.ok("graph", &format!("{} {alone} plain", files(&["S1", "S3"])));
    assert_eq!(work.read("each/edges.tsv"), work.read("plain/edges.tsv"));
    work.write("differ.tsv", "sample\tgroup\nS1\tone\nS1\ttwo\n");
    work.write("empty.tsv", "sample\tgroup\nS1\t\n");
    work.write("few.tsv", "sample\tgroup\nS1\tone\n");
    work.write("shared.tsv", "sample\tgroup\nS1\tshared\nS3\tone\n");
    for (flags, needles) in [
        ("--samples samples.tsv --contexts tissue", &["samples.tsv, line 1", "no column \"tissue\""][..]),
        ("--samples differ.tsv --contexts group", &["differ.tsv, line 3", "S1 is one in one row and two in another"]),
        ("--samples empty.tsv --contexts group", &["empty.tsv, line 2", "context"]),
        ("--samples few.tsv --contexts group", &["S3.bins.safetensors", "no row of --samples"]),
        ("--samples shared.tsv --contexts group", &["S1.bins.safetensors", "Rename"]),
        ("--samples same.tsv --contexts group --method jeek", &["2 contexts", "makes 1"]),
    ] {
        work.write("same.tsv", "sample\tgroup\nS1\tone\nS3\tone\n");
        work.fails("graph", &format!("{} {flags} --out-dir bad", files(&["S1", "S3"])), needles);
        assert!(!work.path("bad").exists(), "{flags}");
    }
}

#[test]
fn genes_that_one_sample_of_a_group_lacks_are_left_out_and_counted() {
    let work = Workdir::new();
    bins_of_sample(&work, "S1", 11, 1.0, "", "S1.bins.safetensors");
    // another annotation: ten genes are not there, one is new
    bins_of_sample(&work, "S2", 12, 1.0, "", "S2.bins.safetensors");
    let genes = work.read("genes.bed");
    let few: String = genes.lines().skip(10).map(|line| format!("{line}\n")).collect();
    work.write("few.bed", few);
    work.ok("bin", "--genes few.bed --signal a=a.bedgraph --signal b=b.bedgraph --sample S3 --out S3.bins.safetensors");
    work.write("samples.tsv", "sample\tgroup\nS1\tone\nS2\tone\nS3\tone\n");
    let files = "--bins S1.bins.safetensors S2.bins.safetensors S3.bins.safetensors";
    let log = work.ok("graph", &format!("{files} --samples samples.tsv --contexts group --lambda 0.05 --out-dir g"));
    assert!(log.contains("context one: left out 10 of 80 observations"), "{log}");
    assert!(work.read("g/nodes.tsv").lines().skip(1).all(|line| line.ends_with("\t70\t10")));
}

/// What docs/graphs.md says of the ENCODE pilot regions.
#[test]
fn marks_of_two_cells_depend_on_one_another_as_the_documentation_says() {
    let Some(data) = shared_data("marks of two cells") else { return };
    let work = Workdir::new();
    let folder = data.join("pilot");
    work.ok("tss", &format!("--annotation {} --out genes.bed", folder.join("genes.pilot.GRCh37.gtf").display()));
    for sample in ["E003", "E116"] {
        let signal = |mark: &str| {
            let file = folder.join(format!("bigwig/{sample}-{mark}.pilot.pval.hg19.bigWig"));
            format!("--signal {mark}={} ", file.display())
        };
        let signals: String = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"].map(signal).concat();
        work.ok(
            "bin",
            &format!("--genes genes.bed --body --sample {sample} {signals} --out {sample}.bins.safetensors"),
        );
    }
    work.ok("graph", "--bins E003.bins.safetensors --bins E116.bins.safetensors --out-dir g");
    let text = work.read("g/edges.tsv");
    let edge = |context: &str, a: &str, b: &str| -> Option<(f64, f64)> {
        let row = text.lines().find(|line| line.starts_with(&format!("{context}\t{a}\t{b}\t")))?;
        let cells: Vec<&str> = row.split('\t').collect();
        Some((cells[4].parse().unwrap(), cells[5].parse().unwrap()))
    };
    for (context, a, b, expected) in [
        ("E003", "H3K27me3.promoter", "H3K4me3.promoter", 0.26),
        ("E003", "H3K36me3.promoter", "H3K9me3.promoter", 0.43),
        ("E116", "H3K36me3.promoter", "H3K9me3.promoter", 0.27),
        ("E003", "H3K36me3.body", "H3K4me3.promoter", 0.25),
        ("E116", "H3K36me3.body", "H3K4me3.promoter", 0.15),
        ("E003", "H3K27me3.body", "H3K4me3.promoter", -0.28),
    ] {
        let (partial, frequency) = edge(context, a, b).unwrap();
        assert!((partial - expected).abs() < 0.006 && frequency >= 0.75, "{context} {a} {b}: {partial} {frequency}");
    }
    assert!(edge("E116", "H3K27me3.promoter", "H3K4me3.promoter").is_none());
    // the sign that is found without a threshold, whatever stands for the rest of the gene
    for (nodes, of_cells) in [("promoter,body", [0.26, 0.07]), ("promoter,flank", [0.22, 0.13])] {
        work.ok(
            "graph",
            &format!("--bins E003.bins.safetensors --bins E116.bins.safetensors --nodes {nodes} --lambda 0.0001 --out-dir all"),
        );
        let text = work.read("all/edges.tsv");
        for (context, expected) in ["E003", "E116"].iter().zip(of_cells) {
            let start = format!("{context}\tH3K27me3.promoter\tH3K4me3.promoter\t");
            let row = text.lines().find(|line| line.starts_with(&start)).unwrap();
            let partial: f64 = row.split('\t').nth(4).unwrap().parse().unwrap();
            assert!((partial - expected).abs() < 0.006, "{nodes} {context}: {partial}");
        }
    }
    let strongest = |context: &str| -> Vec<String> {
        let mut rows: Vec<Vec<&str>> =
            text.lines().map(|line| line.split('\t').collect()).filter(|row: &Vec<&str>| row[0] == context).collect();
        rows.sort_by(|a, b| b[4].parse::<f64>().unwrap().total_cmp(&a[4].parse().unwrap()));
        rows.iter()
            .take(4)
            .map(|row| format!("{} {}", row[1].split('.').next().unwrap(), row[2].split('.').next().unwrap()))
            .collect()
    };
    for context in ["E003", "E116"] {
        let with_itself = |pair: &String| pair.split(' ').next() == pair.split(' ').nth(1);
        assert!(strongest(context).iter().filter(|pair| with_itself(pair)).count() >= 3, "{:?}", strongest(context));
    }
}
