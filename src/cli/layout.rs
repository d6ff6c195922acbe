//! Where everything lies in the output folder.

use std::path::{Path, PathBuf};

/// Where everything lies in the output folder.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    /// The output folder.
    outdir: &'a Path,
    /// Folder of what models are and say.
    models: &'a Path,
}

impl<'a> Layout<'a> {
    /// Of one chain.
    pub fn new(outdir: &'a Path) -> Self {
        Layout { outdir, models: outdir }
    }

    /// Of one model of many: it has a folder of its own, and shares the data.
    pub fn of_model(outdir: &'a Path, models: &'a Path) -> Self {
        Layout { outdir, models }
    }

    pub fn genes(&self) -> PathBuf {
        self.outdir.join("genes.bed")
    }
    pub fn splits(&self) -> PathBuf {
        self.outdir.join("splits.tsv")
    }
    pub fn bins(&self, sample: &str) -> PathBuf {
        self.outdir.join(format!("bins/{sample}.bins.safetensors"))
    }
    pub fn labels(&self, sample: &str) -> PathBuf {
        self.outdir.join(format!("labels/{sample}.labels.tsv"))
    }
    pub fn model(&self, run: &str) -> PathBuf {
        self.models.join(format!("model/{run}.model.safetensors"))
    }
    pub fn history(&self, run: &str) -> PathBuf {
        self.models.join(format!("model/{run}.history.tsv"))
    }
    pub fn predictions(&self, sample: &str) -> PathBuf {
        self.models.join(format!("predictions/{sample}.predictions.tsv"))
    }
    pub fn attention(&self, sample: &str) -> PathBuf {
        self.models.join(format!("attention/{sample}.attention.bins.safetensors"))
    }
    pub fn explanation(&self, name: &str) -> PathBuf {
        self.models.join(format!("explain/{name}.bins.safetensors"))
    }
    pub fn faithfulness(&self, sample: &str) -> PathBuf {
        self.models.join(format!("explain/{sample}.faithfulness.tsv"))
    }
    pub fn tracks(&self, sample: &str) -> PathBuf {
        self.models.join(format!("tracks/{sample}"))
    }
    pub fn report(&self) -> PathBuf {
        self.models.join("report")
    }
    pub fn metrics(&self) -> PathBuf {
        self.models.join("metrics.json")
    }
}
