//! Several models in one call: ensembles, samples with models of their own, and what predict makes of
//! an ensemble.

use attentrack::genome::{Chrom, Strand, Tss};
use attentrack::matrix::Prediction;

use super::*;

/// Two samples of different size, the second without signal for every seventh gene.
fn two_samples() -> Workdir {
    let work = workdir();
    let mut smaller = matrix("yy");
    for gene in (0..GENES).step_by(7) {
        smaller.status[gene] = Status::NoChrom;
        smaller.layers[0].values[gene * 40..][..40].fill(f32::NAN);
    }
    io::bins::write(&work.path("yy.bins.safetensors"), &smaller).unwrap();
    work
}

const BOTH: &str = "--bins x.bins.safetensors --labels labels.tsv --bins yy.bins.safetensors --labels labels.tsv \
                    --splits splits.tsv";

/// Tensors of a model file whose names begin with `prefix`, without it.
fn tensors(work: &Workdir, model: &str, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let (_, tensors) = model_file::read(&work.path(model)).unwrap();
    let own = tensors.into_iter().filter_map(|(name, tensor)| {
        let name = name.strip_prefix(prefix)?.to_owned();
        Some((name, tensor.bytes))
    });
    own.collect()
}

#[test]
fn an_ensemble_is_its_members_trained_alone() {
    let work = workdir();
    for (options, first) in [("--dropout 0.2 --weight-decay 0.01", 5), ("--optimizer sgd --learning-rate 0.1", 1)] {
        let train = |rest: &str| work.ok("train", &format!("{INPUTS} {options} --epochs 3 {rest}"));
        let log = train(&format!("--seed {first} --ensemble 3 --out all.model.safetensors"));
        assert!(log.contains("3 models") && log.contains(&format!("seed {}: kept epoch", first + 2)), "{log}");
        let (ensemble, _) = model_file::read(&work.path("all.model.safetensors")).unwrap();
        assert_eq!(tensors(&work, "all.model.safetensors", "").len(), 3 * 29);
        let mut history = "seed\tepoch\ttrain_loss\tvalid_loss\tvalid_auroc\tlearning_rate\n".to_owned();
        for member in 0..3 {
            let seed = first + member;
            train(&format!("--seed {seed} --out one.model.safetensors"));
            let prefix = format!("members.{member}.");
            assert!(
                tensors(&work, "all.model.safetensors", &prefix) == tensors(&work, "one.model.safetensors", ""),
                "member {member}, {options}"
            );
            let (alone, _) = model_file::read(&work.path("one.model.safetensors")).unwrap();
            assert_eq!(ensemble.members[member], alone.members[0]);
            assert_eq!((alone.members.len(), alone.members[0].seed), (1, seed as u64));
            let of_one = work.read("one.history.tsv");
            history.extend(of_one.lines().skip(1).map(|line| format!("{seed}\t{line}\n")));
            // the member that is exported is the model that is exported
            work.ok("import", &format!("--export m.npz --model all.model.safetensors --member {member}"));
            work.ok("import", "--export one.npz --model one.model.safetensors");
            assert!(bytes(&work, "m.npz") == bytes(&work, "one.npz"));
        }
        assert_eq!(work.read("all.history.tsv"), history);
    }
}

#[test]
fn samples_with_models_of_their_own_are_the_samples_trained_alone() {
    let work = two_samples();
    std::fs::create_dir(work.path("models")).unwrap();
    let options = format!("{FAST} --dropout 0.3 --epochs 3 --transform depth-scaled-log1p");
    for ensemble in [1, 2] {
        let options = format!("{options} --ensemble {ensemble}");
        for threads in [1, 2] {
            work.ok("train", &format!("{BOTH} {options} -t {threads} --out models/{{sample}}.model.safetensors"));
            for sample in ["x", "yy"] {
                let inputs = INPUTS.replace("x.bins", &format!("{sample}.bins"));
                work.ok("train", &format!("{inputs} {options} --out {sample}.model.safetensors"));
                for suffix in ["model.safetensors", "history.tsv"] {
                    let (together, alone) = (format!("models/{sample}.{suffix}"), format!("{sample}.{suffix}"));
                    assert!(bytes(&work, &together) == bytes(&work, &alone), "{alone}, {threads} threads");
                }
                assert!(!work.path(&format!("models/{sample}.state.safetensors")).exists());
            }
        }
    }
    let genes = |sample: &str| {
        let (header, _) = model_file::read(&work.path(&format!("{sample}.model.safetensors"))).unwrap();
        (header.samples, header.regime.unwrap().train_genes)
    };
    assert!(genes("x").1 > genes("yy").1);
    assert_eq!(genes("yy").0, ["yy"]);
    // pooled, in spite of two samples
    work.ok("train", &format!("{BOTH} {options} --out both.model.safetensors"));
    assert_eq!(genes("both").0, ["x", "yy"]);
}

#[test]
fn killed_ensembles_of_two_samples_resume_to_the_same_bytes() {
    let work = two_samples();
    let train = |out: &str| {
        format!(
            "{BOTH} {FAST} --ensemble 2 --epochs 400 --dropout 0.1 --optimizer adamw --weight-decay 0.01 \
             --schedule cosine --resume --out {out}-{{sample}}.model.safetensors"
        )
    };
    work.ok("train", &train("whole"));
    train_in_spite_of_kills(&work, &train("cut"));
    for sample in ["x", "yy"] {
        for suffix in ["model.safetensors", "history.tsv"] {
            let [whole, cut] = ["whole", "cut"].map(|name| bytes(&work, &format!("{name}-{sample}.{suffix}")));
            assert!(whole == cut, "{sample}.{suffix}");
        }
        assert!(!work.path(&format!("cut-{sample}.state.safetensors")).exists());
    }
}

/// Mean and sample standard deviation, by another formula than the code's.
fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let (n, sum) = (values.len() as f64, values.iter().sum::<f64>());
    let squares: f64 = values.iter().map(|value| value * value).sum();
    (sum / n, ((squares - sum * sum / n) / (n - 1.0)).max(0.0).sqrt())
}

#[test]
fn predictions_of_an_ensemble_are_the_mean_and_spread_of_its_members() {
    let work = workdir();
    let mut placed = matrix("x");
    placed.chroms.push(Chrom { name: "chr1".into(), length: Some(10_000_000) });
    let tss = |gene: u64| Tss { chrom: "chr1".into(), position: 5000 + 3000 * gene, strand: Strand::Forward };
    placed.regions.iter_mut().zip(0..).for_each(|(region, gene)| region.tss = Some(tss(gene)));
    io::bins::write(&work.path("x.bins.safetensors"), &placed).unwrap();
    let predict = |name: &str| {
        let files = format!("--predictions {name}.tsv --attention {name}.attention.bins.safetensors");
        let log = work.ok("predict", &format!("--bins x.bins.safetensors --model {name}.model.safetensors {files}"));
        let predictions = io::predictions::read(&work.path(&format!("{name}.tsv"))).unwrap();
        let attention = io::bins::read(&work.path(&format!("{name}.attention.bins.safetensors"))).unwrap();
        (log, predictions, attention)
    };
    let train = |rest: &str| work.ok("train", &format!("{INPUTS} {FAST} --epochs 4 {rest}"));
    train("--seed 3 --ensemble 3 --out all.model.safetensors");
    let (log, ensemble, attention) = predict("all");
    assert!(log.contains("59 of 60 genes scored by 3 models"), "{log}");
    let members: Vec<_> = (0..3)
        .map(|member| {
            train(&format!("--seed {} --out m{member}.model.safetensors", 3 + member));
            predict(&format!("m{member}"))
        })
        .collect();
    assert!(
        work.read("m0.tsv")
            .starts_with("gene_id\tsample\tstatus\tscore\tmark_attention_H3K4me3\tmark_attention_H3K27me3\tmodel\n")
    );
    assert!(work.read("all.tsv").starts_with(
        "gene_id\tsample\tstatus\tscore\tmark_attention_H3K4me3\tmark_attention_H3K27me3\t\
         score_sd\tmark_attention_sd_H3K4me3\tmark_attention_sd_H3K27me3\tuncertain\tmodel\n"
    ));
    assert_eq!(ensemble.marks, members[0].1.marks);
    assert!(
        members[0].1.rows[0].spread.is_none() && members[0].2.layers[0].attention.as_ref().unwrap().spread.is_none()
    );

    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 2e-6, "{found} is not {expected}");
    let check = |(mean, sd): (f64, f64), of_members: Vec<f64>| {
        let expected = mean_and_sd(&of_members);
        close(mean, expected.0);
        close(sd, expected.1);
    };
    let mut largest = 0f64;
    for gene in 0..GENES - 1 {
        let of = |number: &dyn Fn(&Prediction) -> f64| members.iter().map(|(_, p, _)| number(&p.rows[gene])).collect();
        let row = &ensemble.rows[gene];
        let spread = row.spread.as_ref().unwrap();
        largest = largest.max(spread.score);
        check((row.score.unwrap(), spread.score), of(&|row| row.score.unwrap()));
        for mark in 0..2 {
            check((row.mark_attention[mark], spread.mark_attention[mark]), of(&|row| row.mark_attention[mark]));
        }
        close(row.mark_attention.iter().sum(), 1.0);
    }
    assert!(largest > 1e-3, "the members do not differ: {largest}");
    assert!(ensemble.rows[GENES - 1].spread.is_none());
    let by = ensemble.model.as_ref().unwrap();
    assert!(work.read("all.tsv").ends_with(&format!("\tno_chrom\tNA\tNA\tNA\tNA\tNA\tNA\tNA\t{by}\n")));

    let held = attention.layers[0].attention.as_ref().unwrap();
    let spread = held.spread.as_ref().unwrap();
    for at in 0..(GENES - 1) * 40 {
        let of_members = members.iter().map(|(.., a)| f64::from(a.layers[0].values[at])).collect();
        check((f64::from(attention.layers[0].values[at]), f64::from(spread.values[at])), of_members);
    }
    for at in 0..(GENES - 1) * 2 {
        let of_members = members
            .iter()
            .map(|(.., a)| f64::from(a.layers[0].attention.as_ref().unwrap().mark_values.as_ref().unwrap()[at]))
            .collect();
        check(
            (f64::from(held.mark_values.as_ref().unwrap()[at]), f64::from(spread.mark_values.as_ref().unwrap()[at])),
            of_members,
        );
        close(attention.layers[0].values[at * 20..][..20].iter().map(|&value| f64::from(value)).sum(), 1.0);
    }
    for at in 0..40 {
        let of_members: Vec<f64> =
            members.iter().map(|(.., a)| f64::from(a.layers[0].attention.as_ref().unwrap().null_values[at])).collect();
        close(f64::from(held.null_values[at]), mean_and_sd(&of_members).0);
    }
    assert!(spread.values[(GENES - 1) * 40..].iter().all(|value| value.is_nan()));

    // what reads them
    work.ok("evaluate", "--predictions all.tsv --labels labels.tsv --splits splits.tsv --bootstrap 0 --out m.json");
    work.ok("track", "--input all.attention.bins.safetensors --format tsv --gene G1 --out t.tsv");
    let table = work.read("t.tsv");
    assert!(table.lines().next().unwrap().ends_with("\tmark_attention\tvalue_sd\tmark_attention_sd"), "{table}");
    let cells: Vec<&str> = table.lines().nth(1).unwrap().split('\t').collect();
    assert_eq!(
        (cells[12], cells[13]),
        (&*spread.values[40].to_string(), &*spread.mark_values.as_ref().unwrap()[2].to_string())
    );
    for format in ["bed", "bigbed", "bigwig"] {
        work.ok("track", &format!("--input all.attention.bins.safetensors --format {format} --all --out-dir tracks"));
    }
    // a file whose columns were cut
    let cut = work.read("all.tsv").replace("mark_attention_sd_H3K27me3", "other");
    work.write("cut.tsv", cut);
    let evaluate = "--predictions cut.tsv --labels labels.tsv --splits splits.tsv --out none.json";
    work.fails("evaluate", evaluate, &["cut.tsv, line 1", "score_sd", "Make the file again"]);
}

#[test]
fn what_cannot_be_trained_together_is_refused_in_words() {
    let work = workdir();
    let save = |name: &str, change: &dyn Fn(&mut Matrix)| {
        let mut changed = matrix("z");
        change(&mut changed);
        io::bins::write(&work.path(name), &changed).unwrap();
    };
    save("wide.bins.safetensors", &|m| m.grid = Grid::new(2000, 200, Orientation::Gene).unwrap());
    save("fine.bins.safetensors", &|m| {
        m.grid = Grid::new(1000, 50, Orientation::Gene).unwrap();
        m.layers[0].values = m.layers[0].values.iter().flat_map(|&value| [value, value]).collect();
    });
    save("slash.bins.safetensors", &|m| m.sample = "a/b".to_owned());
    save("unlabelled.bins.safetensors", &|m| m.status.iter_mut().step_by(2).for_each(|s| *s = Status::NoChrom));
    let out = "--epochs 1 --bin-hidden 2 --mark-hidden 2 --out {sample}.model.safetensors";
    let second = |bins: &str| format!("{INPUTS} --bins {bins}.bins.safetensors --labels labels.tsv {out}");
    let cases: Vec<(String, &[&str])> = vec![
        (second("x"), &["x.bins.safetensors and x.bins.safetensors", "both of sample x", "--sample"]),
        (second("fine"), &["fine.bins", "2 marks, 40 bins; but in x.bins", "2 marks, 20 bins", "calls of their own"]),
        (second("slash"), &["slash.bins", "\"a/b\" cannot be a name", "\"a_b\""]),
        (second("unlabelled"), &["splits.tsv", "of z have label 1"]),
        (second("yy").replace("{sample}", "absent/{sample}"), &["absent/x.model.safetensors", "folder does not exist"]),
        (
            format!("{} --learning-rate 1e39", second("yy")),
            &["training of x diverged in epoch 1", "Lower the learning rate"],
        ),
        (format!("{} --learning-rate 1e39 --ensemble 2", second("yy")), &["training of x, seed 1 diverged in epoch 1"]),
        (format!("{INPUTS} {out} --ensemble 2 --seed 18446744073709551615"), &["--seed", "too large for 2 seeds"]),
        (format!("{INPUTS} {out} --momentum 0.5"), &["--momentum is of sgd", "adam"]),
        (format!("{INPUTS} {out} --optimizer sgd --momentum 1"), &["--momentum 1: must be"]),
    ];
    for (args, needles) in cases {
        work.fails("train", &args, needles);
        let files = std::fs::read_dir(work.path(".")).unwrap().map(|entry| entry.unwrap().file_name());
        let written: Vec<_> = files.filter(|name| name.to_string_lossy().contains(".model.")).collect();
        assert!(written.is_empty(), "{args}: {written:?}");
    }
    // same shape, other window: a model each is no problem, one for both is
    work.ok("train", &second("wide"));
    work.fails("train", &second("wide").replace("{sample}", "m"), &["±2000 bp in bins of 200 bp"]);
    assert!(work.path("z.model.safetensors").exists() && !work.path("m.model.safetensors").exists());

    let args = format!("{INPUTS} {FAST} --epochs 600 --ensemble 2 --resume --out m.model.safetensors");
    work.stop_training(&args);
    let fewer = args.replace("--ensemble 2", "--ensemble 3");
    work.fails("train", &fewer, &["m.state.safetensors", "models in the ensemble was 2 and is 3", "Delete it"]);
    work.fails("train", &format!("{args} --optimizer adamw"), &["optimizer was \"adam\" and is \"adamw\""]);
    work.ok("train", &args);

    let export = "--export e.npz --model m.model.safetensors";
    work.fails("import", export, &["m.model.safetensors", "ensemble of 2 models", "0 to 1 with --member"]);
    work.fails("import", &format!("{export} --member 2"), &["has no member 2, it holds 2", "0 to 1"]);
    assert!(!work.path("e.npz").exists());
    // a member's tensor is missing
    let (header, mut tensors) = model_file::read(&work.path("m.model.safetensors")).unwrap();
    tensors.retain(|(name, _)| name != "members.1.fdiff1_1.bias");
    model_file::write(&work.path("cut.model.safetensors"), &header, &tensors).unwrap();
    let predict = "--bins x.bins.safetensors --model cut.model.safetensors --predictions p.tsv";
    work.fails("predict", predict, &["cut.model.safetensors", "tensor members.1.fdiff1_1.bias [1] is missing"]);
}
