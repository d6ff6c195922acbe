//! `attentrack-split`: see [`attentrack::stage::split`].

fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::split::Args>()
}
