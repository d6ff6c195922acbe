//! Carries plans out on a GPU.

use candle_core::cuda::CudaStorageSlice;
use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::sys::CUevent_flags;
use candle_core::cuda::cudarc::driver::{CudaEvent, DevicePtr, DeviceRepr, LaunchConfig, PushKernelArg};
use candle_core::{CudaDevice, CudaStorage, Layout, Result, bail};

use super::plan::{Argument, Buffer, Launch};

/// Compiled kernels of one source file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Module {
    pub name: &'static str,
    pub ptx: &'static str,
}

/// An argument as the driver takes it.
enum Value {
    Pointer(u64),
    Int(i32),
    Unsigned(u32),
    Float(f32),
    Double(f64),
}

/// Launches kernels one after the other; `address` says where each buffer lies.
///
/// The addresses must stay valid until the device has done the work, which is so for memory of the
/// same device that is freed after this call: `open` gives a device one stream, which frees in its order.
pub(super) fn run(
    device: &CudaDevice,
    module: Module,
    launches: &[Launch],
    address: impl Fn(Buffer) -> Result<u64>,
) -> Result<()> {
    launches.iter().try_for_each(|launch| start(device, module, launch, &address, None).map(|_| ()))
}

/// Launches one kernel; with `timing`, returns events before and after it.
#[allow(unsafe_code)] // to launch kernels: the driver cannot check their arguments
pub(super) fn start(
    device: &CudaDevice,
    module: Module,
    Launch { kernel, grid, threads, shared, arguments }: &Launch,
    address: &impl Fn(Buffer) -> Result<u64>,
    timing: Option<CUevent_flags>,
) -> Result<Option<(CudaEvent, CudaEvent)>> {
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        values.push(match *argument {
            Argument::Pointer(buffer) => Value::Pointer(address(buffer)?),
            Argument::Int(value) => Value::Int(value),
            Argument::Unsigned(value) => Value::Unsigned(value),
            Argument::Float(value) => Value::Float(value),
            Argument::Double(value) => Value::Double(value),
        });
    }
    let function = device.get_or_load_custom_func(kernel, module.name, module.ptx)?;
    let mut builder = function.builder();
    for value in &values {
        match value {
            Value::Pointer(value) => builder.arg(value),
            Value::Int(value) => builder.arg(value),
            Value::Unsigned(value) => builder.arg(value),
            Value::Float(value) => builder.arg(value),
            Value::Double(value) => builder.arg(value),
        };
    }
    let [x, y, z] = grid.map(|blocks| blocks as u32);
    let config = LaunchConfig { grid_dim: (x, y, z), block_dim: (*threads, 1, 1), shared_mem_bytes: *shared };
    if let Some(flags) = timing {
        builder.record_kernel_launch(flags);
    }
    // SAFETY: the plan gives every kernel the arguments and the grid that its source asks for, which
    // a test on the processor checks with the memory of each buffer.
    unsafe { builder.launch(config) }.w()
}

/// Where memory lies on the device.
pub(super) fn address_of<T: DeviceRepr>(device: &CudaDevice, memory: &impl DevicePtr<T>) -> u64 {
    memory.device_ptr(&device.cuda_stream()).0
}

/// Where the numbers of a contiguous f32 tensor lie.
pub(super) fn address(storage: &CudaStorage, layout: &Layout) -> Result<u64> {
    let Some((start, end)) = layout.contiguous_offsets() else { bail!("a GPU kernel needs contiguous tensors") };
    match &storage.slice {
        CudaStorageSlice::F32(slice) => Ok(address_of(&storage.device, &slice.slice(start..end))),
        CudaStorageSlice::F64(slice) => Ok(address_of(&storage.device, &slice.slice(start..end))),
        _ => bail!("a GPU kernel needs floating-point tensors"),
    }
}
