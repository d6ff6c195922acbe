//! What a workflow engine has to know of a stage: which files it reads and writes, what it takes, and how often it
//! runs. Snakemake's rules, Nextflow's modules and processes, and the folders of the results follow from it.

/// A stage of the chain as a job of a workflow engine.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// Stage name, without `attentrack-`.
    pub stage: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// Words to find it by.
    pub keywords: &'static [&'static str],
    /// How often the chain has it.
    pub unit: Unit,
    /// The sections of config.yaml that its flags come from; where two have one, the first.
    pub sections: &'static [&'static str],
    /// Flag that takes the name of the sample, if there is one.
    pub sample_flag: Option<&'static str>,
    /// Processors, memory and time.
    pub size: Size,
    /// Whether it computes on a GPU where the configuration asks for one.
    pub uses_gpu: bool,
    /// Files that it reads.
    pub inputs: &'static [JobInput],
    /// Files and folders that it writes, in the order of the plan.
    pub outputs: &'static [JobOutput],
}

impl Job {
    /// Where an output lies in the results, for a sample or a run; what the chain has once has its own name.
    pub fn output(&self, number: usize, name: &str) -> String {
        let name = if let Unit::Once(own) = self.unit { own } else { name };
        self.outputs.get(number).map(|output| output.path(name)).unwrap_or_default()
    }
}

/// How often the chain has a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Once; its outputs have this name.
    Once(&'static str),
    /// For each sample.
    Sample,
    /// For each training.
    Run,
}

/// A class of jobs, by nf-core's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// Seconds on one processor.
    Single,
    /// Little work on the files of many samples.
    Low,
    /// Work on one sample.
    Medium,
    /// A training.
    High,
}

impl Size {
    /// All of them, ascending.
    pub const ALL: [Size; 4] = [Size::Single, Size::Low, Size::Medium, Size::High];

    /// nf-core's label.
    pub fn label(self) -> &'static str {
        ["process_single", "process_low", "process_medium", "process_high"][self as usize]
    }

    /// Processors.
    pub fn threads(self) -> u32 {
        [1, 1, 4, 8][self as usize]
    }

    /// Memory of the first try, in GB.
    pub fn memory_gb(self) -> u32 {
        [2, 4, 4, 8][self as usize]
    }

    /// Time of the first try, in hours.
    pub fn hours(self) -> u32 {
        [1, 1, 4, 12][self as usize]
    }
}

/// A file, or files, that a job reads.
#[derive(Clone, Copy, Debug)]
pub struct JobInput {
    /// The flag that names it.
    pub flag: &'static str,
    /// What a module calls it.
    pub name: &'static str,
    /// How many there are.
    pub number: Number,
    /// Whether all samples share it, so that a module takes it apart from the sample's own files.
    pub is_shared: bool,
    /// What it is, in a line.
    pub about: &'static str,
    /// Names of such files.
    pub pattern: &'static str,
}

/// How many files an input has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// One.
    One,
    /// One or none.
    Optional,
    /// One or more: one a sample.
    Many,
    /// Any number.
    Any,
    /// One or more, each given as MARK=FILE; the name of the list of marks.
    ByMark(&'static str),
    /// Any number, each given as MARK=FILE; the name of the list of marks.
    AnyByMark(&'static str),
}

/// A file or folder that a job writes.
#[derive(Clone, Copy, Debug)]
pub struct JobOutput {
    /// The flag that names it; `None` of a file that appears beside the one before.
    pub flag: Option<&'static str>,
    /// Its folder in the results; empty for the results folder itself.
    pub folder: &'static str,
    /// A file's name after that of the sample or run; empty of a folder.
    pub end: &'static str,
    /// What a module hands on: the file, or the files in the folder.
    pub emits: fn() -> Vec<Emit>,
    /// What a module asks before it writes it; `None` if it always does.
    pub wanted: Option<&'static str>,
}

/// What a module hands on.
#[derive(Clone, Debug)]
pub struct Emit {
    /// What the module calls it.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Pattern of the names of files in a folder; empty of a file.
    pub glob: String,
    /// Whether there may be none.
    pub is_optional: bool,
    /// Names that stand for them in a dry run.
    pub examples: String,
}

impl JobOutput {
    /// A file.
    pub const fn file(flag: &'static str, folder: &'static str, end: &'static str, emits: fn() -> Vec<Emit>) -> Self {
        JobOutput { flag: Some(flag), folder, end, emits, wanted: None }
    }

    /// A folder.
    pub const fn folder(flag: &'static str, folder: &'static str, emits: fn() -> Vec<Emit>) -> Self {
        JobOutput { flag: Some(flag), folder, end: "", emits, wanted: None }
    }

    /// The same, as a file that appears beside the one before without a flag of its own.
    pub const fn beside(mut self) -> Self {
        self.flag = None;
        self
    }

    /// The same, written only where this is so.
    pub const fn only_if(mut self, wanted: &'static str) -> Self {
        self.wanted = Some(wanted);
        self
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.end.is_empty()
    }

    /// Its path in the results, for a sample, a run, or the name that the job has.
    pub fn path(&self, name: &str) -> String {
        let slash = if self.folder.is_empty() { "" } else { "/" };
        format!("{}{slash}{name}{}", self.folder, self.end)
    }
}

impl Emit {
    /// A file.
    pub fn file(name: &'static str, about: &'static str) -> Self {
        Emit { name, about, glob: String::new(), is_optional: false, examples: String::new() }
    }

    /// Files in a folder, of which there may be none.
    pub fn files(name: &'static str, glob: &str, about: &'static str, examples: &str) -> Self {
        Emit { name, about, glob: glob.to_owned(), is_optional: true, examples: examples.to_owned() }
    }

    /// The same, of which there are always some.
    pub fn always(mut self) -> Self {
        self.is_optional = false;
        self
    }
}

impl JobInput {
    /// A file of the sample, or files of all samples.
    pub const fn new(
        flag: &'static str,
        name: &'static str,
        number: Number,
        (about, pattern): (&'static str, &'static str),
    ) -> Self {
        JobInput { flag, name, number, is_shared: false, about, pattern }
    }

    /// The same for every sample.
    pub const fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }
}

/// Files that stages hand on: what they are, and their names.
pub mod handed_on {
    /// `genes.bed`.
    pub const GENES: (&str, &str) = ("Genes, from TSS", "*.bed");
    /// The matrix of a sample.
    pub const BINS: (&str, &str) = ("Matrix of a sample, from BIN", "*.bins.safetensors");
    /// Labels of a sample.
    pub const LABELS: (&str, &str) = ("Labels of a sample, from LABEL", "*.labels.tsv");
    /// The splits.
    pub const SPLITS: (&str, &str) = ("Splits, from SPLIT", "*.tsv");
    /// A model.
    pub const MODEL: (&str, &str) = ("Model, from TRAIN", "*.model.safetensors");
    /// Predictions of a sample.
    pub const PREDICTIONS: (&str, &str) = ("Predictions of a sample, from PREDICT", "*.predictions.tsv");
}
