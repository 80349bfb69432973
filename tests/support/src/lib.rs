//! What the tests and the demo share.
