//! `attentrack-graph`: see [`attentrack::stage::graph`].

fn main() -> std::process::ExitCode {
    attentrack::cli::main::<attentrack::stage::graph::Args>()
}
