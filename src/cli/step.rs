//! One stage of the chain with its arguments, and the command line that says the same.

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use serde::Serialize;

use super::config::key;
use crate::genome::{HiddenCharacter, check_text};
use crate::stage::flags::{Word, words};
use crate::stage::{Files, Form, Stage};

/// What stands for the sample in the name of a file.
const EACH_SAMPLE: &str = "{sample}";

/// One stage with its arguments.
#[derive(Clone)]
pub struct Step {
    /// Stage name, without `attentrack-`.
    pub stage: &'static str,
    /// The sample or the model that the step is for; `None` of a step that the chain has once.
    pub id: Option<String>,
    /// The samples that take part.
    pub samples: Vec<String>,
    /// Whether it asks for a GPU.
    pub needs_gpu: bool,
    job: Arc<dyn Job>,
    words: Vec<(Word, Role)>,
    outputs: Vec<Written>,
}

/// A stage with its arguments, whichever it is.
trait Job: Sync + Send {
    fn problems(&self) -> Vec<String>;
    fn work(&self) -> anyhow::Result<()>;
    /// Whether a command line says the same as the arguments.
    fn is(&self, command: Vec<OsString>) -> bool;
}

impl<S: Stage + PartialEq + Send> Job for S {
    fn problems(&self) -> Vec<String> {
        super::problems(self)
    }

    fn work(&self) -> anyhow::Result<()> {
        super::work(self)
    }

    fn is(&self, command: Vec<OsString>) -> bool {
        S::try_parse_from(command).is_ok_and(|parsed| parsed == *self)
    }
}

/// What a flag's value is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Role {
    /// A file that is read, for one mark where the value is MARK=FILE.
    Input(&'static str, Option<String>, PathBuf),
    /// A file or folder that is written.
    Output,
    /// The step's id.
    Id,
    /// Anything else.
    Other,
}

/// A file or folder that a step writes.
#[derive(Clone, Debug)]
struct Written {
    path: PathBuf,
    is_folder: bool,
}

/// A file that a step reads.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The flag that names it.
    pub flag: &'static str,
    /// The mark that it is of, where the flag's value is MARK=FILE.
    pub mark: Option<&'a str>,
    /// The file.
    pub path: &'a Path,
}

impl Step {
    /// A stage for a sample or a model, or for all.
    pub fn new<S>(stage: &'static str, id: Option<&str>, samples: &[&str], arguments: S) -> Self
    where
        S: Stage + Serialize + PartialEq + Send + 'static,
    {
        let files = arguments.files();
        let with_role = |word: Word| {
            let role = Role::of(&word, &files, id);
            (word, role)
        };
        Step {
            stage,
            id: id.map(str::to_owned),
            samples: samples.iter().map(|&sample| sample.to_owned()).collect(),
            needs_gpu: false,
            words: words(&arguments).into_iter().map(with_role).collect(),
            outputs: outputs(&files, samples),
            job: Arc::new(arguments),
        }
    }

    /// The program, and the sample or model that it works for, for messages.
    pub fn name(&self) -> String {
        let of = self.id.as_ref().map_or_else(String::new, |id| format!(" ({id})"));
        format!("attentrack-{}{of}", self.stage)
    }

    /// Checks the arguments exactly as the stage's binary would.
    ///
    /// # Errors
    /// Every value that the stage does not take, by the key of the configuration that it comes from.
    pub fn check(&self) -> anyhow::Result<()> {
        self.check_words().map_err(|error| anyhow::anyhow!("{error}. {}", HiddenCharacter::REMEDY))?;
        let problems = self.job.problems();
        if problems.is_empty() { Ok(()) } else { bail!("{}", key::with_keys(self.stage, &problems.join("; "))) }
    }

    /// Does the work.
    ///
    /// # Errors
    /// Those of the stage.
    pub fn run(&self) -> anyhow::Result<()> {
        self.job.work()
    }

    /// Whether the command line, parsed by the stage's binary, is this step again.
    pub fn is_its_command(&self) -> bool {
        let program = OsString::from(format!("attentrack-{}", self.stage));
        self.job.is(std::iter::once(program).chain(self.arguments()).collect())
    }

    /// Checks that every word can be handed to a shell, to an engine, and as a line to a stage: none holds a
    /// line end or another character that nobody sees.
    fn check_words(&self) -> Result<(), HiddenCharacter> {
        self.arguments().iter().try_for_each(|word| check_text("argument", &word.to_string_lossy()))
    }

    /// Every flag and value, in order.
    pub fn arguments(&self) -> Vec<OsString> {
        self.words.iter().flat_map(|(word, _)| arguments_of(word)).collect()
    }

    /// The flags and values that are neither input nor output nor the step's id, as a shell takes them.
    pub fn settings(&self) -> String {
        let others = self.words.iter().filter(|(_, role)| *role == Role::Other);
        others.flat_map(|(word, _)| arguments_of(word)).map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
    }

    /// The files that are read, in order.
    pub fn inputs(&self) -> impl Iterator<Item = Input<'_>> {
        self.words.iter().filter_map(|(_, role)| match role {
            Role::Input(flag, mark, path) => Some(Input { flag, mark: mark.as_deref(), path }),
            _ => None,
        })
    }

    /// The files and folders that are written, in order.
    pub fn outputs(&self) -> impl Iterator<Item = &Path> {
        self.outputs.iter().map(|written| written.path.as_path())
    }

    /// The folders that must be there.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.outputs.iter().filter_map(|written| match written.is_folder {
            true => Some(written.path.as_path()),
            false => written.path.parent(),
        })
    }
}

impl Role {
    fn of(word: &Word, files: &Files, id: Option<&str>) -> Self {
        let Some(value) = word.value.as_deref() else { return Role::Other };
        let is_at =
            |file: &&crate::stage::StageFile, path: &str| file.flag == word.flag && file.path == Path::new(path);
        if let Some(file) = files.inputs.iter().find(|file| is_at(file, value)) {
            return Role::Input(file.flag, None, file.path.clone());
        }
        if let Some((mark, path)) = value.split_once('=')
            && let Some(file) = files.inputs.iter().find(|file| is_at(file, path))
        {
            return Role::Input(file.flag, Some(mark.to_owned()), file.path.clone());
        }
        let is_written = |form: Form| matches!(form, Form::File | Form::Folder);
        if files.outputs.iter().any(|file| is_at(&file, value) && is_written(file.form)) {
            return Role::Output;
        }
        if word.flag == "--sample" && Some(value) == id { Role::Id } else { Role::Other }
    }
}

/// What a step leaves: of names with a place for the sample, each sample's.
fn outputs(files: &Files, samples: &[&str]) -> Vec<Written> {
    let mut outputs = Vec::new();
    for file in &files.outputs {
        match file.form {
            Form::File | Form::Beside => outputs.push(Written { path: file.path.clone(), is_folder: false }),
            Form::Folder => outputs.push(Written { path: file.path.clone(), is_folder: true }),
            Form::Template => outputs.extend(samples.iter().map(|sample| {
                let path = file.path.to_string_lossy().replace(EACH_SAMPLE, sample).into();
                Written { path, is_folder: false }
            })),
            Form::Meanwhile => {}
        }
    }
    outputs
}

/// Bytes of a command line above which inputs are handed over on standard input: well below the 2 MiB with
/// which Linux starts a program, the 1 MiB of macOS, and the 128 KiB that Linux bears in one argument.
const LONG: usize = 100 * 1024;

impl Display for Step {
    /// A line that a shell takes, to which further flags can be added.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |is_wanted: fn(&Role) -> bool| {
            let arguments =
                self.words.iter().filter(|(_, role)| is_wanted(role)).flat_map(|(word, _)| arguments_of(word));
            arguments.map(|argument| format!(" {}", quoted(&argument))).collect::<String>()
        };
        let whole = words(|_| true);
        if whole.len() <= LONG {
            return write!(f, "attentrack-{}{whole}", self.stage);
        }
        let inputs = words(|role| matches!(role, Role::Input(..)));
        let others = words(|role| !matches!(role, Role::Input(..)));
        // printf is part of the shell, so that the system's limits do not hold for it
        write!(f, "printf '%s\\n'{inputs} | attentrack-{} @-{others}", self.stage)
    }
}

fn arguments_of(word: &Word) -> Vec<OsString> {
    match &word.value {
        Some(value) => flag_and_value(&word.flag, value.into()),
        None => vec![word.flag.clone().into()],
    }
}

/// As two arguments, or as one where a value of its own would be taken for an `@FILE` or for a flag.
fn flag_and_value(flag: &str, value: OsString) -> Vec<OsString> {
    if !value.as_encoded_bytes().starts_with(b"@") && (value == "-" || !value.as_encoded_bytes().starts_with(b"-")) {
        return vec![flag.into(), value];
    }
    let mut both = OsString::from(format!("{flag}="));
    both.push(value);
    vec![both]
}

/// A word, which [`Step::check`] has let pass, as a shell takes it.
fn quoted(word: &OsStr) -> String {
    let text = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
