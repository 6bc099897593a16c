#![no_main]
//! Any bytes decode to an error or to instructions that encode to the same bytes.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| { osmia_isa::property::roundtrip(bytes) });
