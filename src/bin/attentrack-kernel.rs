//! `attentrack-kernel`: see [`attentrack::stage::kernel`].

fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::kernel::Args>()
}
