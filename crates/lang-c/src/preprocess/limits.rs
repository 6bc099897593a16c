//! How far a unit may go. No real one comes near; those that never end or grow without measure end here.

/// Tests come to the end of what is large sooner.
const LARGE: usize = if cfg!(test) { 5 } else { 0 };

/// Headers within headers.
pub(super) const INCLUDE_DEPTH: usize = 200;
/// Calls of macros within arguments of calls.
pub(super) const ARGUMENT_DEPTH: usize = 256;
/// Tokens that macros make.
pub(super) const MADE: usize = 1 << (26 - LARGE);
/// Bytes of spellings that `#` and `##` make.
pub(super) const SPELLED: usize = 1 << (26 - LARGE);
/// Tokens of all texts, each counted as often as it is included.
pub(super) const READ: usize = 1 << (25 - LARGE);
/// Tokens of the unit.
pub(super) const UNIT: usize = 1 << (22 - LARGE);
/// Messages.
pub(super) const MESSAGES: usize = 100;
/// Parentheses, signs and questions within one another in an expression.
pub(super) const EXPRESSION_DEPTH: usize = 200;
