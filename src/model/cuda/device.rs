//! Finding a GPU, on machines that may have neither one nor NVIDIA's libraries.

use candle_core::Device;
use candle_core::cuda::cudarc::driver::{DriverError, result, sys};

/// NVIDIA's libraries that are loaded when first used, each with the names that it may have. Loading
/// them later would panic where one is missing.
const LIBRARIES: [(&str, &[&str]); 3] = [
    ("libcuda.so.1, which comes with NVIDIA's driver,", &["libcuda.so", "libcuda.so.1", "nvcuda.dll"]),
    ("libcublas of CUDA 13", &["libcublas.so", "libcublas.so.13", "cublas64_13.dll"]),
    ("libcurand of CUDA 13", &["libcurand.so", "libcurand.so.10", "curand64_10.dll"]),
];

/// A GPU, counted from 0, and its name.
///
/// # Errors
/// Why there is no GPU, in words for the user.
#[allow(unsafe_code)] // to load libraries, whose initialisers run, and to do without events
pub fn open(ordinal: usize) -> Result<(Device, String), String> {
    for (what, names) in LIBRARIES {
        // SAFETY: these are NVIDIA's, and candle loads the same a moment later.
        if !names.iter().any(|name| unsafe { libloading::Library::new(*name) }.is_ok()) {
            return Err(format!("{what} cannot be loaded"));
        }
    }
    let unusable = |error: candle_core::Error| format!("GPU {ordinal} cannot be used: {}", in_one_line(&error));
    // one stream for all threads: candle's usual one is each thread's own, and a training step that moves
    // from thread to thread would not wait for itself
    let device = Device::new_cuda_with_stream(ordinal).map_err(unusable)?;
    let cuda = device.as_cuda_device().map_err(unusable)?;
    // SAFETY: events order the streams of a context, and this one has a single stream.
    unsafe { cuda.disable_event_tracking() };
    let context = cuda.cuda_stream().context().clone();
    let name = context.name().unwrap_or_else(|_| format!("GPU {ordinal}"));
    if keep_freed_memory(context.cu_device()).is_err() {
        tracing::debug!("{name} gives freed memory back at once, which costs time");
    }
    Ok((device, name))
}

/// By default memory that is freed goes back to the system whenever the host waits for the GPU.
#[allow(unsafe_code)] // to set a pool's attribute through a pointer
fn keep_freed_memory(device: sys::CUdevice) -> Result<(), DriverError> {
    let mut threshold = u64::MAX;
    let attribute = sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
    // SAFETY: the device is one that the driver gave; the attribute is a u64, which outlives the call.
    unsafe {
        let pool = result::device::get_default_mem_pool(device)?;
        result::mem_pool::set_attribute(pool, attribute, (&raw mut threshold).cast())
    }
}

/// An error and its causes; backtraces and line ends are of no use to a user.
fn in_one_line(error: &candle_core::Error) -> String {
    let text = error.to_string();
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("the driver does not say why").to_owned()
}
