//! `--device` and `--instruction-set`: what models are computed on.

use std::str::FromStr;

use candle_core::Device;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::InstructionSet;

/// What a model is computed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Compute {
    /// Where to compute: auto (a GPU where this build and the machine have one), cpu, cuda or cuda:N
    pub device: DeviceChoice,
    /// Instructions of the processor: auto (the fastest it has), avx512, avx2 or portable. avx512, avx2
    /// and ARM64 give the same bytes; portable does without fused multiply-add on x86-64, and differs
    /// from them by rounding
    #[schemars(extend("x-value" = "SET"))]
    pub instruction_set: InstructionChoice,
}

/// What `--instruction-set` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InstructionChoice {
    /// The fastest that the processor has
    #[default]
    Auto,
    /// AVX-512
    Avx512,
    /// AVX2 with fused multiply-add
    Avx2,
    /// What every processor has
    Portable,
}

impl InstructionChoice {
    /// What is computed with.
    pub fn set(self) -> InstructionSet {
        match self {
            InstructionChoice::Auto => InstructionSet::best(),
            InstructionChoice::Avx512 => InstructionSet::Avx512,
            InstructionChoice::Avx2 => InstructionSet::Avx2,
            InstructionChoice::Portable => InstructionSet::Portable,
        }
    }

    /// What shows before any work is done: a processor that lacks it.
    fn problem(self) -> Option<String> {
        let has: Vec<&str> = InstructionSet::available().into_iter().map(InstructionSet::name).collect();
        let name = self.set().name();
        (!self.set().is_available()).then(|| format!("--instruction-set {name}: this processor has {}", has.join(", ")))
    }
}

impl Compute {
    /// What shows before any work is done.
    pub fn problem(&self) -> Option<String> {
        self.device.problem().or_else(|| self.instruction_set.problem())
    }

    /// What computes with the same rounding: training goes on to the same bytes within one of these.
    pub fn rounding(&self, device: &Device) -> &'static str {
        match (device.is_cpu(), self.instruction_set.set().is_fused()) {
            (true, true) => "of avx512, avx2 and ARM64",
            (true, false) => "of portable",
            (false, _) => "of a GPU",
        }
    }

    /// The device; the log says what it is.
    ///
    /// # Errors
    /// If a GPU is asked for and cannot be used.
    pub fn open(&self) -> anyhow::Result<Device> {
        let device = self.device.open()?;
        if device.is_cpu() {
            tracing::info!("computing with instruction set {}", self.instruction_set.set().name());
        }
        Ok(device)
    }
}

/// What `--device` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^(auto|cpu|cuda(:[0-9]+)?)$", "type" = "string"))]
pub enum DeviceChoice {
    /// A GPU where this build and this machine have one, else the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU, counted from 0.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(DeviceChoice::Auto),
            "cpu" => Ok(DeviceChoice::Cpu),
            "cuda" => Ok(DeviceChoice::Cuda(0)),
            _ => {
                let ordinal = text.strip_prefix("cuda:").and_then(|ordinal| ordinal.parse().ok());
                ordinal.map(DeviceChoice::Cuda).ok_or_else(|| "must be auto, cpu, cuda or cuda:N".to_owned())
            }
        }
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<DeviceChoice> for String {
    fn from(device: DeviceChoice) -> String {
        match device {
            DeviceChoice::Auto => "auto".to_owned(),
            DeviceChoice::Cpu => "cpu".to_owned(),
            DeviceChoice::Cuda(0) => "cuda".to_owned(),
            DeviceChoice::Cuda(ordinal) => format!("cuda:{ordinal}"),
        }
    }
}

impl DeviceChoice {
    /// What shows before any work is done: a build that knows no GPU.
    pub fn problem(self) -> Option<String> {
        match self {
            DeviceChoice::Cuda(_) if !cfg!(feature = "cuda") => Some(
                "--device cuda: this build of attentrack computes on the CPU only. Take --device auto or cpu, or build it for GPUs: cargo build --release -F cuda --config .cargo/cuda.toml (docs/gpu.md)"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// The device. Under `auto`, a build for GPUs says which it took, and why where that is the CPU.
    ///
    /// # Errors
    /// If a GPU is asked for and cannot be used.
    #[cfg(feature = "cuda")]
    pub fn open(self) -> anyhow::Result<Device> {
        let ordinal = match self {
            DeviceChoice::Cpu => return Ok(Device::Cpu),
            DeviceChoice::Auto => 0,
            DeviceChoice::Cuda(ordinal) => ordinal,
        };
        match crate::model::open_gpu(ordinal) {
            Ok((device, name)) => {
                tracing::info!("computing on GPU {ordinal}, {name}");
                Ok(device)
            }
            Err(reason) if self == DeviceChoice::Auto => {
                tracing::info!("computing on the CPU: {reason}");
                Ok(Device::Cpu)
            }
            Err(reason) => {
                anyhow::bail!("--device cuda:{ordinal}: {reason}. Take --device cpu to compute without a GPU")
            }
        }
    }

    /// The processor: this build knows no other.
    ///
    /// # Errors
    /// If a GPU is asked for.
    #[cfg(not(feature = "cuda"))]
    pub fn open(self) -> anyhow::Result<Device> {
        self.problem().map_or(Ok(Device::Cpu), |problem| Err(anyhow::Error::msg(problem)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_that_the_processor_lacks_are_refused() {
        assert_eq!(InstructionChoice::Auto.set(), InstructionSet::best());
        for choice in [InstructionChoice::Avx512, InstructionChoice::Avx2, InstructionChoice::Portable] {
            let is_available = InstructionSet::available().contains(&choice.set());
            assert_eq!(choice.problem().is_none(), is_available, "{choice:?}");
        }
        assert_eq!(InstructionChoice::Auto.problem(), None);
    }

    #[test]
    fn a_gpu_may_have_a_number() {
        let parse = |text: &str| text.parse::<DeviceChoice>();
        assert_eq!(parse("auto"), Ok(DeviceChoice::Auto));
        assert_eq!(parse("cpu"), Ok(DeviceChoice::Cpu));
        assert_eq!(parse("cuda"), Ok(DeviceChoice::Cuda(0)));
        assert_eq!(parse("cuda:3"), Ok(DeviceChoice::Cuda(3)));
        for text in ["auto", "cpu", "cuda", "cuda:3"] {
            assert_eq!(String::from(parse(text).unwrap()), text);
        }
        for wrong in ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
