//! `--device` and `--instruction-set`: what models are computed on.

use std::str::FromStr;

use candle_core::Device;

use crate::model::InstructionSet;

/// Flags of the stages that run a model.
#[derive(clap::Args, Clone, Debug)]
pub struct Compute {
    /// Where to compute: auto (a GPU where this build and the machine have one), cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceChoice,
    /// Instructions of the processor: auto (the fastest it has), avx512, avx2 or portable. avx512, avx2
    /// and ARM64 give the same bytes; portable does without fused multiply-add on x86-64, and differs
    /// from them by rounding
    #[arg(long, value_name = "SET", default_value = "auto", value_parser = parse_instructions)]
    pub instruction_set: InstructionSet,
}

fn parse_instructions(text: &str) -> Result<InstructionSet, String> {
    let named = InstructionSet::ALL.into_iter().find(|set| set.name() == text);
    match named {
        None if text == "auto" => Ok(InstructionSet::best()),
        None => Err("must be auto, avx512, avx2 or portable".to_owned()),
        Some(set) if set.is_available() => Ok(set),
        Some(_) => {
            let has: Vec<&str> = InstructionSet::available().into_iter().map(InstructionSet::name).collect();
            Err(format!("this processor has {}", has.join(", ")))
        }
    }
}

impl Compute {
    /// What shows before any work is done.
    pub fn problem(&self) -> Option<String> {
        self.device.problem()
    }

    /// The device; the log says what it is.
    ///
    /// # Errors
    /// If a GPU is asked for and cannot be used.
    pub fn open(&self) -> anyhow::Result<Device> {
        let device = self.device.open()?;
        if device.is_cpu() {
            tracing::info!("computing with instruction set {}", self.instruction_set.name());
        }
        Ok(device)
    }
}

/// What `--device` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

impl DeviceChoice {
    /// What shows before any work is done: a build that knows no GPU.
    pub fn problem(self) -> Option<String> {
        match self {
            DeviceChoice::Cuda(_) if !cfg!(feature = "cuda") => Some(
                "--device cuda: this build of attentrack computes on the CPU only. Take --device auto or cpu, or build it for GPUs: cargo build --release --features cuda --config .cargo/cuda.toml (docs/gpu.md)"
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
        assert_eq!(parse_instructions("auto"), Ok(InstructionSet::best()));
        assert_eq!(parse_instructions("portable"), Ok(InstructionSet::Portable));
        for set in InstructionSet::ALL {
            assert_eq!(parse_instructions(set.name()).is_ok(), InstructionSet::available().contains(&set));
        }
        assert!(parse_instructions("sse9").unwrap_err().starts_with("must be auto"));
    }

    #[test]
    fn a_gpu_may_have_a_number() {
        let parse = |text: &str| text.parse::<DeviceChoice>();
        assert_eq!(parse("auto"), Ok(DeviceChoice::Auto));
        assert_eq!(parse("cpu"), Ok(DeviceChoice::Cpu));
        assert_eq!(parse("cuda"), Ok(DeviceChoice::Cuda(0)));
        assert_eq!(parse("cuda:3"), Ok(DeviceChoice::Cuda(3)));
        for wrong in ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
