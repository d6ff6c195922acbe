//! The whole chain, and the door to the stages.

fn main() -> std::process::ExitCode {
    attentrack::cli::front_main()
}
