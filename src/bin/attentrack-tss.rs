//! `attentrack-tss`: see [`attentrack::stage::tss`].

fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::tss::Args>()
}
