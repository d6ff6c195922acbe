//! The files of a stage: which flag names which file, and whether it is read or written.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::io::{self, Identity};

/// The files that a stage reads and writes, as its flags name them.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Files that are read, in the order of the flags.
    pub inputs: Vec<StageFile>,
    /// Files and folders that are written.
    pub outputs: Vec<StageFile>,
}

/// A file of a stage.
#[derive(Clone, Debug)]
pub struct StageFile {
    /// The flag (or, of `attentrack run`, the argument) that names it.
    pub flag: &'static str,
    /// Its path as the flag has it; `-` is standard input or output.
    pub path: PathBuf,
    /// What the path says.
    pub form: Form,
}

/// What the path of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The file itself.
    File,
    /// A name with a place for something that shows only in the inputs, `{sample}` for example.
    Template,
    /// A folder that files are written into.
    Folder,
    /// A file that appears beside the one that the flag names.
    Beside,
    /// The same, which is gone when the work is done.
    Meanwhile,
}

impl Files {
    /// No files yet.
    pub fn new() -> Self {
        Files::default()
    }

    /// Adds files that a flag says are read.
    pub fn input<P: AsRef<Path>>(mut self, flag: &'static str, paths: impl IntoIterator<Item = P>) -> Self {
        self.inputs.extend(paths.into_iter().map(|path| StageFile::new(flag, path.as_ref(), Form::File)));
        self
    }

    /// Adds files that a flag says are written.
    pub fn output<P: AsRef<Path>>(self, flag: &'static str, paths: impl IntoIterator<Item = P>) -> Self {
        self.written(flag, paths, Form::File)
    }

    /// Adds files that are written beside those that a flag names.
    pub fn beside<P: AsRef<Path>>(self, flag: &'static str, paths: impl IntoIterator<Item = P>) -> Self {
        self.written(flag, paths, Form::Beside)
    }

    /// Adds files that are beside those that a flag names until the work is done.
    pub fn meanwhile<P: AsRef<Path>>(self, flag: &'static str, paths: impl IntoIterator<Item = P>) -> Self {
        self.written(flag, paths, Form::Meanwhile)
    }

    /// Adds names with a place for what shows only in the inputs.
    pub fn template<P: AsRef<Path>>(self, flag: &'static str, paths: impl IntoIterator<Item = P>) -> Self {
        self.written(flag, paths, Form::Template)
    }

    /// Adds folders that files are written into.
    pub fn folder<P: AsRef<Path>>(self, flag: &'static str, paths: impl IntoIterator<Item = P>) -> Self {
        self.written(flag, paths, Form::Folder)
    }

    fn written<P: AsRef<Path>>(mut self, flag: &'static str, paths: impl IntoIterator<Item = P>, form: Form) -> Self {
        self.outputs.extend(paths.into_iter().map(|path| StageFile::new(flag, path.as_ref(), form)));
        self
    }

    /// What is wrong with them: an output that is an input too, by whatever name, or two outputs that are one
    /// file. What a template or a folder leads to is checked when it is opened ([`crate::io::Output`]).
    pub fn problem(&self) -> Option<String> {
        let inputs = self.inputs.iter().filter_map(|input| Some((Identity::of_input(&input.path)?, input)));
        let inputs: HashMap<Identity, &StageFile> = inputs.collect();
        let mut outputs: HashMap<Identity, &StageFile> = HashMap::new();
        for output in self.known_outputs() {
            let Some(identity) = Identity::of_output(&output.path) else { continue };
            if let Some(input) = inputs.get(&identity) {
                return Some(format!(
                    "{} {}: is the file that {} {} reads, and would be destroyed. Name another file to write",
                    output.flag,
                    output.path.display(),
                    input.flag,
                    input.path.display()
                ));
            }
            if let Some(other) = outputs.insert(identity, output) {
                return Some(format!(
                    "{} {} and {} {} are the same file to write. Name two files",
                    other.flag,
                    other.path.display(),
                    output.flag,
                    output.path.display()
                ));
            }
        }
        None
    }

    /// Sees to it that no output of this process replaces an input from now on.
    pub fn protect(&self) {
        self.inputs.iter().for_each(|input| io::protect(input.flag, &input.path));
    }

    /// Protects the inputs, and refuses outputs that cannot be
    /// written, before hours of work.
    ///
    /// # Errors
    /// The first output that cannot be written.
    pub fn secure(&self) -> io::Result<()> {
        self.protect();
        self.known_outputs().try_for_each(|output| io::check_writable(&output.path))
    }

    fn known_outputs(&self) -> impl Iterator<Item = &StageFile> {
        self.outputs.iter().filter(|output| matches!(output.form, Form::File | Form::Beside | Form::Meanwhile))
    }
}

impl StageFile {
    fn new(flag: &'static str, path: &Path, form: Form) -> Self {
        StageFile { flag, path: path.to_owned(), form }
    }
}

/// A file's name with something behind it: `x.bed.gz` and `.tbi` make `x.bed.gz.tbi`.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
