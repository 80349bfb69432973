//! Bare-metal programs that play the two kernels around the purgatory.
#![no_std]
