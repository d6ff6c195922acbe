//! How long each kernel of the levels takes.

use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::CudaSlice;
use candle_core::cuda::cudarc::driver::sys::CUevent_flags;
use candle_core::{Device, Result};

use super::launch::{address_of, start};
use super::level::{MODULE, OWN, Workspace};
use super::plan::{Buffer, Level};
use crate::model::AttentiveChromeConfig;

/// Time of one kernel in a training step.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelTime {
    /// Bins or marks.
    pub level: &'static str,
    /// Name in `level.cu`.
    pub kernel: &'static str,
    /// Milliseconds, the median of the repeats.
    pub milliseconds: f64,
}

/// Runs the kernels of both levels on zeros, forward and backward, `repeats` times, and times each by
/// events of the device.
///
/// # Errors
/// If the device fails, or there is none.
pub fn profile(
    device: &Device,
    config: &AttentiveChromeConfig,
    (models, genes): (usize, usize),
    repeats: usize,
) -> Result<Vec<KernelTime>> {
    let &AttentiveChromeConfig { n_marks, n_bins, bin_hidden, mark_hidden, .. } = config;
    let bins = Level {
        genes,
        groups: models * n_marks,
        steps: n_bins,
        inputs: 1,
        hidden: bin_hidden,
        keep: true,
        groups_per_model: n_marks,
        dropout: 0.0,
    };
    let marks = Level {
        groups: models,
        steps: n_marks,
        inputs: 2 * bin_hidden,
        hidden: mark_hidden,
        groups_per_model: 1,
        ..bins
    };
    let mut times = profile_level(device, "bins", &bins, false, repeats)?;
    times.extend(profile_level(device, "marks", &marks, true, repeats)?);
    Ok(times)
}

fn profile_level(
    device: &Device,
    name: &'static str,
    level: &Level,
    input_gradient: bool,
    repeats: usize,
) -> Result<Vec<KernelTime>> {
    let device = device.as_cuda_device()?;
    let mut workspace = Workspace::default();
    OWN.iter().try_for_each(|&buffer| workspace.reserve(device, level, buffer))?;
    let given =
        [Buffer::X, Buffer::Weights, Buffer::Out, Buffer::OutGradient, Buffer::WeightGradient, Buffer::InputGradient];
    let given = given.map(|buffer| Ok((buffer, device.alloc_zeros::<f32>(level.len(buffer))?)));
    let given: Vec<(Buffer, CudaSlice<f32>)> = given.into_iter().collect::<Result<_>>()?;
    let address = |buffer: Buffer| {
        let found = given.iter().find(|(given, _)| *given == buffer);
        Ok(found.map_or_else(|| workspace.address(device, buffer), |(_, slice)| address_of(device, slice)))
    };
    let launches = [level.forward(), level.backward(input_gradient)].concat();
    let mut times = vec![Vec::with_capacity(repeats); launches.len()];
    for repeat in 0..=repeats {
        let mut events = Vec::with_capacity(launches.len());
        for launch in &launches {
            events.push(start(device, MODULE, launch, &address, Some(CUevent_flags::CU_EVENT_DEFAULT))?);
        }
        device.cuda_stream().synchronize().w()?;
        // the first time also loads the kernels
        for (times, (before, after)) in times.iter_mut().zip(events.into_iter().flatten()).filter(|_| repeat > 0) {
            times.push(f64::from(before.elapsed_ms(&after).w()?));
        }
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let named = launches.iter().zip(times);
    Ok(named
        .map(|(launch, times)| KernelTime { level: name, kernel: launch.kernel, milliseconds: median(times) })
        .collect())
}
