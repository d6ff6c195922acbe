//! Outputs under kills, failing system calls, full disks and other runs: nothing torn, nothing lost,
//! nothing left behind. `tests/faults/kill.py` does the same at random, thousands of times.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::Workdir;

const GTF: &str =
    "chr1\tx\tgene\t2001\t9000\t.\t+\t.\tgene_id \"g1\";\nchr1\tx\tgene\t3001\t9000\t.\t-\t.\tgene_id \"g2\";\n";

fn program(stage: &str) -> PathBuf {
    assert_cmd::cargo::cargo_bin(format!("attentrack-{stage}"))
}

/// Says loudly that a test is skipped, past the test harness.
fn skipped(test: &str, why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {why}");
}

/// Runs a command line of bash in the folder, where `$BIN` is the folder of the programs.
fn bash(dir: &Workdir, script: &str) -> Output {
    let bin = program("tss").parent().unwrap().to_owned();
    Command::new("bash").args(["-c", script]).env("BIN", bin).current_dir(dir.path("")).output().unwrap()
}

/// A device like /dev/null: root, who could destroy that, makes one in the folder.
fn null(dir: &Workdir) -> &'static str {
    if bash(dir, "test -c null || mknod null c 1 3").status.success() { "null" } else { "/dev/null" }
}

/// Names of all files in a folder and below.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort_unstable();
    found
}

fn annotated() -> Workdir {
    let dir = Workdir::new();
    dir.write("a.gtf", GTF);
    dir
}

#[test]
fn devices_pipes_and_links_are_written_to() {
    let dir = annotated();
    let expected = {
        dir.ok("tss", "-a a.gtf -o plain.bed");
        dir.read("plain.bed")
    };
    symlink("real.bed", dir.path("link.bed")).unwrap();
    dir.ok("tss", "-a a.gtf -o link.bed");
    assert_eq!(dir.read("real.bed"), expected);
    assert!(fs::symlink_metadata(dir.path("link.bed")).unwrap().is_symlink());
    let device = null(&dir);
    dir.ok("tss", &format!("-a a.gtf -o {device}"));
    assert!(fs::metadata(dir.path(device)).unwrap().file_type().is_char_device());
    // as /dev/stdout is one
    symlink("/proc/self/fd/1", dir.path("stdout")).unwrap();
    for (script, what) in [
        ("$BIN/attentrack-tss -q -a a.gtf -o stdout", "standard output"),
        ("$BIN/attentrack-tss -q -a a.gtf -o stdout | cat", "a pipe"),
        ("$BIN/attentrack-tss -q -a a.gtf -o /dev/fd/3 3>three; cat three", "an open file"),
        (
            "$BIN/attentrack-tss -q -a a.gtf -o >(cat > sub; mv sub done); until [ -e done ]; do sleep 0.01; done; cat done",
            "a process",
        ),
        ("mkfifo p; cat p > got & $BIN/attentrack-tss -q -a a.gtf -o p; wait; test -p p && cat got", "a named pipe"),
    ] {
        let output = bash(&dir, script);
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{what}: {output:?}");
    }
    // what the shell has written before stays
    let output = bash(&dir, "(echo first; $BIN/attentrack-tss -q -a a.gtf -o stdout; echo last) > log; cat log");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("first\n{expected}last\n"));
    assert!(!files(&dir.path("")).iter().any(|path| path.extension().is_some_and(|end| end == "tmp")));
}

#[test]
fn an_input_is_no_output_by_whatever_name() {
    let dir = annotated();
    dir.write("e.tsv", "gene_id\ts1\ng1\t5\ng2\t1\n");
    symlink("a.gtf", dir.path("link")).unwrap();
    fs::hard_link(dir.path("a.gtf"), dir.path("hard")).unwrap();
    for out in ["a.gtf", "./a.gtf", "link", "hard"] {
        dir.fails("tss", &format!("-a a.gtf -o {out}"), &["--annotation a.gtf", "would be destroyed"]);
    }
    dir.fails("label", "-e e.tsv -s s1 -o e.tsv", &["--expression e.tsv"]);
    dir.fails("evaluate", "--predictions p --labels l --splits s --out m --tsv ./m", &["same file to write"]);
    dir.fails("predict", "--bins b --model m --predictions x --attention x", &["same file to write"]);
    let output = bash(&dir, "$BIN/attentrack-label -s s1 -e - -o e.tsv < e.tsv");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let output = bash(&dir, "$BIN/attentrack-label -s s1 -e e.tsv -o - >> e.tsv");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!((dir.read("a.gtf"), dir.read("e.tsv")), (GTF.to_owned(), "gene_id\ts1\ng1\t5\ng2\t1\n".to_owned()));
    // devices are read and written at once
    let device = null(&dir);
    let log = dir.fails("tss", &format!("-a {device} -o {device}"), &[]);
    assert!(!log.contains("destroyed"), "{log}");
}

/// Every flag of every stage that takes a path is one that the stage declares; else an output could be an input.
#[test]
fn every_path_of_a_flag_is_declared() {
    use attentrack::stage::*;
    use clap::CommandFactory;
    fn check<S: Stage + CommandFactory>(arguments: &str) {
        let command = S::command();
        let stage = S::parse_from(arguments.split_whitespace());
        let files = stage.files();
        let declared: Vec<&str> = files.inputs.iter().chain(&files.outputs).map(|file| file.flag).collect();
        let is_path =
            |argument: &&clap::Arg| argument.get_value_parser().type_id() == std::any::TypeId::of::<PathBuf>();
        let flags = command.get_arguments().filter(is_path).filter_map(|argument| argument.get_long());
        for flag in flags.map(|flag| format!("--{flag}")).filter(|flag| arguments.contains(&format!("{flag} "))) {
            assert!(
                declared.iter().any(|own| own.contains(&flag)),
                "{arguments}: {flag} is not declared, {declared:?}"
            );
        }
        let left_out = command.get_arguments().filter(is_path).filter_map(|argument| argument.get_long());
        let left_out: Vec<&str> = left_out.filter(|flag| !arguments.contains(&format!("--{flag} "))).collect();
        let exclusive = [
            "fasta",
            "expression",
            "peaks",
            "regions",
            "genome",
            "table",
            "samples",
            "bins",
            "labels",
            "deepchrome-csv",
            "labels-out",
            "genes",
            "out-dir",
            "export",
            "model",
            "weights",
            "lsgkm",
            "out",
        ];
        assert!(left_out.iter().all(|flag| exclusive.contains(flag)), "{arguments}: {left_out:?} not tried");
    }
    check::<tss::Args>("tss --annotation a --out b");
    check::<bin::Args>("bin --genes a --signal m=b --control c --reference d --blacklist e --chrom-alias f --out g");
    check::<bin::Args>(
        "bin --deepchrome-csv a --labels-out b --reference d --blacklist e --out g --genes 2"
            .trim_end_matches(" --genes 2"),
    );
    check::<pair::Args>("pair --bins a --versus b --out c");
    check::<label::Args>("label --expression a --sample s --genes b --out c");
    check::<split::Args>("split --genes a --labels b --out c");
    check::<split::Args>("split --fasta a --labels b --out c");
    check::<split::Args>("split --regions a --labels b --out c");
    check::<label::Args>("label --fasta a --out c");
    check::<label::Args>("label --peaks a --regions b --out c");
    check::<bin::Args>("bin --fasta a --reference d --blacklist e --out g");
    check::<bin::Args>("bin --genome a --regions b --reference d --blacklist e --out g");
    check::<kernel::Args>("kernel --fasta a --out c.tsv");
    check::<negatives::Args>("negatives --genome a --peaks b --out c");
    check::<negatives::Args>("negatives --shuffle --fasta a --out c");
    check::<motif::Args>(
        "motif --model a --out c --logo d --bins e --region f --dashboard g --motifs h --motifs-logo i --hits j --splits k --modisco-sequences l.npz --modisco-attributions m.npz",
    );
    check::<graph::Args>(
        "graph --bins a --labels b --samples s --contexts x --weights w --groups g --out-dir c --summary d",
    );
    check::<graph::Args>("graph --table a --weights w --groups g --out-dir c --summary d");
    check::<train::Args>("train --bins a --labels b --splits c --out d.model.safetensors");
    check::<predict::Args>("predict --bins a --model b --reference r --predictions c --attention d");
    check::<explain::Args>("explain --bins a --model b --reference r --out c");
    check::<faithfulness::Args>(
        "faith --bins a --model b --splits s --out c --other-model d --permuted-model e --truth f --held-out g --held-out-mark m",
    );
    check::<track::Args>(
        "track --input a --predictions b --faithfulness f --format bed --chrom-sizes c --out d.gz --gene @e",
    );
    check::<track::Args>("track --input a --predictions b --faithfulness f --format bed --chrom-sizes c --out-dir d");
    check::<heatmap::Args>("heatmap --input a --gene @b --predictions c --labels d --faithfulness g --out e --plot f");
    check::<evaluate::Args>("evaluate --predictions a --labels b --splits c --genes d --out e --tsv f");
    check::<rank::Args>("rank --runs a --splits b --out c --plot d");
    check::<report::Args>(
        "report --metrics a --predictions b --labels c --splits d --history e --attention f --faithfulness i --genes g --graph j --out-dir h",
    );
    check::<import::Args>("import --weights a --out b");
    check::<import::Args>("import --lsgkm a --out b");
    check::<import::Args>("import --model a --export b");
    check::<simulate::Args>("simulate --out a --seed 1");
}

#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    let dir = annotated();
    for log in ["2> /dev/full", "2>&-", "2>&1 | true", "-v -v 2>&1 | head -0", "2> /dev/full < /dev/null > /dev/full"] {
        let script = format!("set -o pipefail; $BIN/attentrack-tss -a a.gtf -o o.bed {log}; echo ${{PIPESTATUS[0]}}");
        let output = bash(&dir, &script);
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().last(), Some("0"), "{log}: {output:?}");
        assert_eq!(dir.read("o.bed").lines().count(), 2, "{log}");
        fs::remove_file(dir.path("o.bed")).unwrap();
    }
    // without a log the exit status still speaks
    let output = bash(&dir, "$BIN/attentrack-tss -a absent -o o.bed 2> /dev/full; echo $?");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n");
    let output = bash(&dir, "$BIN/attentrack-tss -a a.gtf -o - > /dev/full");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("disk is full"), "{output:?}");
    let output = bash(&dir, "$BIN/attentrack-tss --no-such-flag 2> /dev/full; echo $?");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2\n");
}

#[test]
fn too_many_threads_are_fewer_and_give_the_same() {
    let dir = annotated();
    dir.ok("tss", "-a a.gtf -o one.bed");
    let start = Instant::now();
    let log = dir.ok("tss", "-a a.gtf -o many.bed --threads 65535");
    assert!(log.contains("--threads 65535") && start.elapsed() < Duration::from_secs(20), "{log}");
    assert_eq!(dir.read("one.bed"), dir.read("many.bed"));
    let limited = "setpriv --reuid 65533 --regid 65533 --clear-groups bash -c 'ulimit -u 4; exec \"$BIN/attentrack-tss\" -a a.gtf -o - --threads 8'";
    if !bash(&dir, "setpriv --reuid 65533 --regid 65533 --clear-groups true && chmod 755 . && chmod -R a+rX a.gtf")
        .status
        .success()
    {
        return skipped("too_many_threads_are_fewer_and_give_the_same", "setpriv needs root");
    }
    // the programs may lie in a folder that only their owner enters
    let output = bash(&dir, &format!("cp $BIN/attentrack-tss . && BIN=$PWD {limited}"));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), dir.read("one.bed"));
    assert_eq!(String::from_utf8_lossy(&output.stderr).matches("threads be started").count(), 1, "{output:?}");
}

/// A stage that waits for a pipe is ended by each signal, and leaves nothing.
#[test]
fn signals_end_with_their_number_and_say_what_is_kept() {
    for (signal, name, code) in [("INT", "SIGINT", 130), ("TERM", "SIGTERM", 143), ("HUP", "SIGHUP", 129)] {
        let dir = annotated();
        assert!(bash(&dir, "mkfifo p").status.success());
        let mut child = Command::new(program("tss"))
            .args(["-a", "p", "-o", "o.bed"])
            .current_dir(dir.path(""))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _writer = fs::OpenOptions::new().write(true).open(dir.path("p")).unwrap();
        assert!(Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap().success());
        let mut log = String::new();
        child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{log}");
        assert!(log.contains(&format!("stopped by {name}: nothing was written")), "{log}");
        assert_eq!(files(&dir.path("")).len(), 2, "{signal}");
    }
    // as nohup starts it
    let dir = annotated();
    let script = "mkfifo p; trap '' HUP; $BIN/attentrack-tss -a p -o o.bed & exec 3> p; kill -HUP $!; cat a.gtf >&3; exec 3>&-; wait $!";
    let output = bash(&dir, script);
    assert!(output.status.success() && dir.path("o.bed").exists(), "{output:?}");
}

#[test]
fn two_runs_of_one_process_id_write_whole_outputs() {
    let dir = Workdir::new();
    if !Command::new("unshare").args(["--pid", "--fork", "true"]).output().is_ok_and(|output| output.status.success()) {
        return skipped("two_runs_of_one_process_id_write_whole_outputs", "no PID namespaces here");
    }
    for version in ["a", "b"] {
        let row = |i: usize| format!("chr1\t{}\t{}\t{version}{i}\t0\t+\n", 100 * i, 100 * i + 50);
        dir.write(&format!("{version}.bed"), (0..20_000).map(row).collect::<String>());
        dir.ok("tss", &format!("-a {version}.bed -o {version}.out"));
    }
    let start = |version: &str| {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork"]).arg(program("tss")).args(["-q", "-o", "both.out", "-a"]);
        command.arg(format!("{version}.bed")).current_dir(dir.path("")).spawn().unwrap()
    };
    for round in 0..8 {
        let both = [start("a"), start("b")].map(|mut child| child.wait().unwrap().success());
        assert_eq!(both, [true, true], "round {round}");
        let written = dir.read("both.out");
        assert!(written == dir.read("a.out") || written == dir.read("b.out"), "round {round}: torn");
        assert_eq!(files(&dir.path("")).len(), 5, "round {round}");
    }
}

/// The stages of a small chain: name, arguments, outputs.
const CHAIN: [(&str, &str, &[&str]); 8] = [
    ("tss", "-a data/annotation.gtf.gz -o genes.bed", &["genes.bed"]),
    ("label", "-e data/expression.tsv -s sample1 -o s.labels.tsv", &["s.labels.tsv"]),
    ("split", "--genes genes.bed --method random -o splits.tsv", &["splits.tsv"]),
    (
        "bin",
        "--genes genes.bed --signal H3K4me3=data/signal/sample1.H3K4me3.bam -o s.bins.safetensors",
        &["s.bins.safetensors"],
    ),
    (
        "train",
        "--bins s.bins.safetensors --labels s.labels.tsv --splits splits.tsv --bin-hidden 2 --mark-hidden 2 \
         --epochs 2 --resume --out s.model.safetensors",
        &["s.model.safetensors", "s.history.tsv"],
    ),
    (
        "predict",
        "--bins s.bins.safetensors --model s.model.safetensors --predictions s.predictions.tsv --attention s.att.safetensors",
        &["s.predictions.tsv", "s.att.safetensors"],
    ),
    (
        "track",
        "--input s.att.safetensors --format bed,bigwig --all --bgzip --out-dir tracks",
        &["tracks/attention.bed.gz", "tracks/attention.bed.gz.tbi", "tracks/H3K4me3.bw"],
    ),
    (
        "evaluate",
        "--predictions s.predictions.tsv --labels s.labels.tsv --splits splits.tsv --bootstrap 10 --out metrics.json",
        &["metrics.json"],
    ),
];

/// A stage of the chain in a folder of its own, its system calls disturbed.
struct Disturbed<'a> {
    stage: &'a str,
    arguments: &'a str,
    outputs: &'a [&'a str],
    dir: &'a Workdir,
    /// Files that are there before and after.
    whole: Vec<(PathBuf, Vec<u8>)>,
}

impl Disturbed<'_> {
    fn command(&self, strace: &[&str]) -> Output {
        let mut command = match strace {
            [] => Command::new(program(self.stage)),
            given => {
                let mut command = Command::new("strace");
                command.args(["-f", "-qq", "-o", "trace"]).args(given).arg(program(self.stage));
                command
            }
        };
        command.arg("-q").args(self.arguments.split_whitespace()).current_dir(self.dir.path("")).output().unwrap()
    }

    /// How many calls of each kind an undisturbed run makes, and of those how many come before the program's own.
    fn calls(&self, call: &str) -> std::ops::RangeInclusive<usize> {
        self.command(&["-e", &format!("trace={call}")]);
        let trace = self.dir.read("trace");
        let calls: Vec<&str> = trace.lines().filter(|line| line.contains(&format!("{call}("))).collect();
        // opened by the loader and the language's runtime until then
        let first = calls.iter().position(|line| call != "openat" || line.contains("/proc/self/status"));
        first.map_or(1, |first| first + 1)..=calls.len()
    }

    /// Outputs that are there are whole; if `done` all of them are there, and nothing else is.
    fn check(&self, what: &str, done: bool) {
        for name in self.outputs {
            let (path, whole) = self.whole.iter().find(|(path, _)| path.ends_with(name)).unwrap();
            match fs::read(path) {
                Ok(bytes) => assert!(bytes == *whole, "{what}: {name} is torn"),
                Err(_) => assert!(!done, "{what}: {name} is missing"),
            }
        }
        if done {
            let found = files(&self.dir.path(""));
            let strange = found.iter().find(|path| !self.whole.iter().any(|(own, _)| own == *path));
            assert_eq!(strange, None, "{what} leaves it");
        }
        let _ = fs::remove_file(self.dir.path("trace"));
    }

    fn disturb(&self, call: &str, at: usize, fault: &str) {
        self.outputs.iter().for_each(|name| _ = fs::remove_file(self.dir.path(name)));
        let what = format!("{}, {call} {at}, {fault}", self.stage);
        let output = self.command(&["-e", &format!("trace={call}"), "-e", &format!("inject={call}:{fault}:when={at}")]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{what}: {stderr}");
        if !fault.starts_with("signal") {
            assert!(matches!(output.status.code(), Some(0 | 1)), "{what}: {output:?}");
            // the message itself may be what could not be written
            let in_words = stderr.contains("error:") || call == "write";
            assert!(output.status.success() || in_words, "{what}: {stderr}");
            assert!(output.status.success() || fault != "error=EINTR", "{what}: {stderr}");
        }
        let _ = fs::remove_file(self.dir.path("trace"));
        self.check(&what, output.status.success());
        let again = self.command(&[]);
        assert!(again.status.success(), "{what}: the rerun: {again:?}");
        self.check(&format!("{what}, rerun"), true);
    }
}

/// SIGKILL at every write, fsync, rename and open of the chain's stages, and failures of each: a rerun gives the
/// same bytes, and nothing is left.
#[test]
fn a_kill_or_a_failing_call_at_any_place_is_made_good_by_a_rerun() {
    let test = "a_kill_or_a_failing_call_at_any_place_is_made_good_by_a_rerun";
    if !Command::new("strace").args(["-o", "/dev/null", "true"]).output().is_ok_and(|output| output.status.success()) {
        return skipped(test, "strace cannot be had, or may not trace");
    }
    let whole = Workdir::new();
    whole.ok(
        "simulate",
        "--out data --seed 3 --genes 100 --samples 1 --chroms 3 --format bam --depth 0.02 --marks H3K4me3",
    );
    CHAIN.iter().for_each(|(stage, arguments, _)| _ = whole.ok(stage, arguments));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        while let Some((stage, arguments, outputs)) = CHAIN.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
        {
            let dir = Workdir::new();
            let copied = files(&whole.path("")).into_iter().map(|path| {
                let own = dir.path(path.strip_prefix(whole.path("")).unwrap().to_str().unwrap());
                fs::create_dir_all(own.parent().unwrap()).unwrap();
                fs::copy(&path, &own).unwrap();
                let bytes = fs::read(&own).unwrap();
                (own, bytes)
            });
            let disturbed = Disturbed { stage, arguments, outputs, dir: &dir, whole: copied.collect() };
            for call in ["write", "fsync", "rename", "openat"] {
                let calls = disturbed.calls(call);
                assert!(call == "write" || !calls.is_empty(), "{stage}: no {call}");
                for at in calls {
                    disturbed.disturb(call, at, "signal=SIGKILL");
                    disturbed.disturb(call, at, "error=EINTR");
                    disturbed.disturb(call, at, if call == "write" { "error=ENOSPC" } else { "error=EIO" });
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    });
}
