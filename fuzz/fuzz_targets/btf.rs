#![no_main]
//! Any bytes are types or an error, and every question about them has an answer.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| { osmia_btf::property::reads_anything(bytes) });
