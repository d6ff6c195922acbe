//! What a shell and `man` are told of the programs.

use std::process::{Command, Output};

use crate::support::Workdir;

/// `attentrack`, then every stage's.
fn programs() -> Vec<String> {
    let stages = attentrack::stage::NAMES.iter().map(|stage| format!("attentrack-{stage}"));
    std::iter::once("attentrack".to_owned()).chain(stages).collect()
}

fn attentrack(dir: &Workdir, args: &[&str]) -> Output {
    let program = assert_cmd::cargo::cargo_bin("attentrack");
    Command::new(program).current_dir(dir.path("")).args(args).output().unwrap()
}

#[test]
fn every_program_says_its_version_on_one_line() {
    for program in programs() {
        let output = Command::new(assert_cmd::cargo::cargo_bin(&program)).arg("--version").output().unwrap();
        let expected = format!("{program} {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
        assert!(output.status.success() && output.stderr.is_empty(), "{program}");
    }
}

#[test]
fn bash_completes_flags_and_values_of_every_program() {
    let dir = Workdir::new();
    let output = attentrack(&dir, &["completions", "bash"]);
    assert!(output.status.success());
    dir.write("all.bash", output.stdout);
    let complete = |words: &str, at: usize| {
        let program = words.split(' ').next().unwrap();
        let script = format!(
            "source all.bash; COMP_WORDS=({words}); COMP_CWORD={at}; cur=${{COMP_WORDS[{at}]}}; \
             function=$(complete -p {program} | sed 's/.*-F \\([^ ]*\\).*/\\1/'); \
             $function {program} \"$cur\" \"${{COMP_WORDS[{}]}}\"; echo \"${{COMPREPLY[*]}}\"",
            at - 1
        );
        let output = Command::new("bash").current_dir(dir.path("")).args(["-c", &script]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for program in programs().iter().skip(1) {
        assert!(complete(&format!("{program} --he"), 1).contains("--help"), "{program}");
    }
    assert_eq!(complete("attentrack-train --device-nonsense", 1).trim(), "");
    assert_eq!(complete("attentrack-evaluate --split te", 2).trim(), "test");
    assert!(complete("attentrack tra", 1).contains("train track"));
    assert!(complete("attentrack run --dry", 2).contains("--dry-run"));
}

#[test]
fn shells_get_a_file_a_program() {
    let dir = Workdir::new();
    for (shell, name) in [("bash", "P.bash"), ("zsh", "_P"), ("fish", "P.fish")] {
        std::fs::create_dir(dir.path(shell)).unwrap();
        let output = attentrack(&dir, &["completions", shell, "--out-dir", shell]);
        assert!(output.status.success() && output.stdout.is_empty());
        for program in &programs() {
            let text = dir.read(&format!("{shell}/{}", name.replace('P', program)));
            assert!(text.contains(program.as_str()) && text.contains("help"), "{shell} {program}");
        }
    }
    let output = attentrack(&dir, &["completions", "bash", "--out-dir", "absent"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("absent") && stderr.matches("error:").count() == 1, "{stderr}");
}

#[test]
fn every_program_has_a_manual_page() {
    let dir = Workdir::new();
    std::fs::create_dir(dir.path("man1")).unwrap();
    assert!(attentrack(&dir, &["man", "--out-dir", "man1"]).status.success());
    let subcommands = ["init", "run", "compare", "plan", "schema", "completions", "man", "workflow"]
        .map(|name| format!("attentrack-{name}"));
    let pages = programs().into_iter().chain(subcommands);
    for page in pages {
        let text = dir.read(&format!("man1/{page}.1"));
        assert!(text.contains(&format!(".TH {page} 1")), "{page}: {}", &text[..200]);
        assert!(text.contains("EXTRA") || text.contains("OPTIONS"), "{page}");
    }
    assert!(dir.read("man1/attentrack-train.1").contains("\\-\\-learning\\-rate"));
}

/// Lists that no compiler holds against the stages: the README's table, and what the conda package is tried by.
#[test]
fn lists_for_people_name_every_program() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for list in ["README.md", "workflow/packaging/conda/meta.yaml"] {
        let text = std::fs::read_to_string(root.join(list)).unwrap();
        for program in programs() {
            let names = [format!("`{program}`"), format!("- {program} --")];
            assert!(program == "attentrack" || names.iter().any(|name| text.contains(name)), "{list} lacks {program}");
        }
    }
}
