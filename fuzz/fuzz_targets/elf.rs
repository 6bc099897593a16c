#![no_main]
//! Any bytes are an object or an error; an object can be written, read again and linked.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| { osmia_object::property::read(bytes) });
