//! Properties that hold of any bytes, for tests and fuzzers.
