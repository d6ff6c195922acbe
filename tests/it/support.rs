//! A scratch folder, the stage binaries, and the real data where they are present.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// A scratch folder that stages are run in.
pub struct Workdir {
    dir: TempDir,
}

impl Workdir {
    pub fn new() -> Self {
        Workdir { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a text fixture and returns its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// `attentrack-STAGE`, to be run in the folder.
    pub fn stage(&self, stage: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin(format!("attentrack-{stage}")));
        command.current_dir(self.dir.path());
        command
    }

    /// Starts `attentrack-STAGE ARGS` (split at spaces) and leaves it running.
    pub fn stage_process(&self, stage: &str, args: &str) -> std::process::Child {
        std::process::Command::new(assert_cmd::cargo::cargo_bin(format!("attentrack-{stage}")))
            .args(args.split_whitespace())
            .current_dir(self.dir.path())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Kills `attentrack-train ARGS --out m.model.safetensors`, which takes long, as soon as it has left a state.
    pub fn stop_training(&self, args: &str) {
        let mut training = self.stage_process("train", args);
        let started = std::time::Instant::now();
        while !self.path("m.state.safetensors").exists() {
            assert!(started.elapsed().as_secs() < 60 && training.try_wait().unwrap().is_none(), "no state: {args}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        training.kill().unwrap();
        training.wait().unwrap();
        assert!(!self.path("m.model.safetensors").exists());
    }

    /// Runs `attentrack-STAGE ARGS` (split at spaces), which must succeed; returns standard error.
    pub fn ok(&self, stage: &str, args: &str) -> String {
        let output = self.stage(stage).args(args.split_whitespace()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "attentrack-{stage} {args}: {stderr}");
        stderr
    }

    /// Runs `attentrack-STAGE ARGS`, which must end with exit 1, one `error:` line that holds every
    /// one of `needles`, and without panic; returns standard error.
    pub fn fails(&self, stage: &str, args: &str, needles: &[&str]) -> String {
        let output = self.stage(stage).args(args.split_whitespace()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "attentrack-{stage} {args}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        assert_eq!(stderr.matches("error:").count(), 1, "attentrack-{stage} {args}: {stderr}");
        for needle in needles {
            assert!(stderr.contains(needle), "attentrack-{stage} {args}: no {needle:?} in {stderr}");
        }
        stderr
    }
}

/// The real data (`$ATTENTRACK_TEST_DATA`, or `../shared/data` beside the checkout), or `None` after
/// saying loudly that `test` is skipped.
pub fn shared_data(test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("ATTENTRACK_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    // straight to the descriptor: the test harness would swallow a plain eprintln! of a passing test
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: no real data at {}", path.display());
    None
}
