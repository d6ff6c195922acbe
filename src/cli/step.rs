//! One stage of the chain with its flags, of which inputs and outputs are known as such.

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use crate::genome::{HiddenCharacter, check_text};

/// One stage with its flags.
#[derive(Clone, Debug)]
pub struct Step {
    /// Stage name, without `attentrack-`.
    pub stage: &'static str,
    /// The sample or the model that the step is for; `None` of a step that the chain has once.
    pub id: Option<String>,
    /// The samples that take part.
    pub samples: Vec<String>,
    /// Whether it asks for a GPU.
    pub needs_gpu: bool,
    /// Files that appear beside an output without a flag of their own.
    pub beside: Vec<PathBuf>,
    words: Vec<Word>,
}

/// A part of the command line.
#[derive(Clone, Debug)]
enum Word {
    /// A flag's value is a file that is read, for one mark where it is a mark's.
    Input(&'static str, Option<String>, PathBuf),
    /// A flag's value is a file or folder that is written.
    Output(&'static str, PathBuf),
    /// A flag's value is the step's id.
    Id(&'static str),
    /// Anything else.
    Other(OsString),
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
    /// Of a stage, for a sample or a model, or for all.
    pub fn new(stage: &'static str, id: Option<&str>) -> Self {
        let (samples, beside, words) = Default::default();
        Step { stage, id: id.map(str::to_owned), samples, needs_gpu: false, beside, words }
    }

    /// The program, and the sample or model that it works for, for messages.
    pub fn name(&self) -> String {
        let of = self.id.as_ref().map_or_else(String::new, |id| format!(" ({id})"));
        format!("attentrack-{}{of}", self.stage)
    }

    /// `--flag FILE`, which is read.
    pub fn input(mut self, flag: &'static str, path: impl Into<PathBuf>) -> Self {
        self.words.push(Word::Input(flag, None, path.into()));
        self
    }

    /// `--flag MARK=FILE`, which is read.
    pub fn input_of_mark(mut self, flag: &'static str, mark: &str, path: &Path) -> Self {
        self.words.push(Word::Input(flag, Some(mark.to_owned()), path.to_owned()));
        self
    }

    /// `--flag FILE`, which is written.
    pub fn output(mut self, flag: &'static str, path: PathBuf) -> Self {
        self.words.push(Word::Output(flag, path));
        self
    }

    /// `--flag ID`.
    pub fn named(mut self, flag: &'static str) -> Self {
        self.words.push(Word::Id(flag));
        self
    }

    /// `--flag VALUE`.
    pub fn flag(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.words.extend(flag_and_value(name, value.into()).into_iter().map(Word::Other));
        self
    }

    /// `--flag VALUE` where there is a value.
    pub fn option(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.flag(name, value.to_string()),
            None => self,
        }
    }

    /// `--flag A,B` where there are values.
    pub fn list(self, name: &str, values: &[String]) -> Self {
        if values.is_empty() { self } else { self.flag(name, values.join(",")) }
    }

    /// `--flag`, or nothing.
    pub fn switch(mut self, name: &str, on: bool) -> Self {
        if on {
            self.words.push(Word::Other(name.into()));
        }
        self
    }

    /// Checks that every word can be handed to a shell, to an engine, and as a line to a stage: none holds a
    /// line end or another character that nobody sees.
    ///
    /// # Errors
    /// Names the word.
    pub fn check(&self) -> Result<(), HiddenCharacter> {
        self.arguments().iter().try_for_each(|word| check_text("argument", &word.to_string_lossy()))
    }

    /// Every flag and value, in order.
    pub fn arguments(&self) -> Vec<OsString> {
        self.words.iter().flat_map(|word| self.arguments_of(word)).collect()
    }

    fn arguments_of(&self, word: &Word) -> Vec<OsString> {
        match word {
            Word::Input(flag, None, path) | Word::Output(flag, path) => flag_and_value(flag, path.clone().into()),
            Word::Input(flag, Some(mark), path) => {
                let mut value = OsString::from(format!("{mark}="));
                value.push(path);
                flag_and_value(flag, value)
            }
            Word::Id(flag) => flag_and_value(flag, self.id.clone().unwrap_or_default().into()),
            Word::Other(text) => vec![text.clone()],
        }
    }

    /// The flags and values that are neither input nor output nor the step's id, as a shell takes them.
    pub fn settings(&self) -> String {
        let others = self.words.iter().filter_map(|word| match word {
            Word::Other(text) => Some(quoted(text)),
            _ => None,
        });
        others.collect::<Vec<_>>().join(" ")
    }

    /// The files that are read, in order.
    pub fn inputs(&self) -> impl Iterator<Item = Input<'_>> {
        self.words.iter().filter_map(|word| match word {
            Word::Input(flag, mark, path) => Some(Input { flag, mark: mark.as_deref(), path }),
            _ => None,
        })
    }

    /// The files and folders that are written, in order.
    pub fn outputs(&self) -> impl Iterator<Item = &Path> {
        let named = self.words.iter().filter_map(|word| match word {
            Word::Output(_, path) => Some(path.as_path()),
            _ => None,
        });
        named.chain(self.beside.iter().map(PathBuf::as_path))
    }
}

/// Bytes of a command line above which inputs are handed over on standard input: well below the 2 MiB with
/// which Linux starts a program, the 1 MiB of macOS, and the 128 KiB that Linux bears in one argument.
const LONG: usize = 100 * 1024;

impl Display for Step {
    /// A line that a shell takes, to which further flags can be added.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |is_wanted: fn(&Word) -> bool| {
            let arguments = self.words.iter().filter(|word| is_wanted(word)).flat_map(|word| self.arguments_of(word));
            arguments.map(|argument| format!(" {}", quoted(&argument))).collect::<String>()
        };
        let whole = words(|_| true);
        if whole.len() <= LONG {
            return write!(f, "attentrack-{}{whole}", self.stage);
        }
        let inputs = words(|word| matches!(word, Word::Input(..)));
        let others = words(|word| !matches!(word, Word::Input(..)));
        // printf is part of the shell, so that the system's limits do not hold for it
        write!(f, "printf '%s\\n'{inputs} | attentrack-{} @-{others}", self.stage)
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
