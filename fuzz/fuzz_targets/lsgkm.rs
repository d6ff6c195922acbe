#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| attentrack_fuzz::check("lsgkm", data));
