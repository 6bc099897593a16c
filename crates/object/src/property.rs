//! Properties that tests and fuzzers share.
