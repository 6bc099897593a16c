//! Numbers of the format.
