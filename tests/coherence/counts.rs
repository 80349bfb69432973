//! What was counted.
