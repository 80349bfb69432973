// SPDX-License-Identifier: MIT OR Apache-2.0

//! What guests begin with that call the image again and again.

use super::{Exit, current_el, exit, has_vhe, write};
use crate::{Briefing, Regime, Register};

/// Brings the CPU into the regime that the briefing asks for, with what it says in the system
/// registers. Ends the machine if that one cannot do it.
pub fn enter(briefing: &Briefing) -> Regime {
    let el = current_el();
    let possible = |regime: &Regime| regime.el() == el && (*regime != Regime::El2And0 || has_vhe());
    let regime = Regime::from_number(briefing.regime).filter(possible);
    let regime = regime.unwrap_or_else(|| exit(Exit::WrongMachine));
    let settings = briefing.settings.iter();
    for setting in settings.take_while(|setting| setting.register != 0) {
        if let Some(register) = Register::from_number(setting.register) {
            // The vectors are the guest's own until it branches.
            if register != Register::Vbar {
                write(register, regime, setting.value);
            }
        }
    }
    regime
}

/// Returns what is in the piece of the briefing of this name. Ends the machine where there is none.
///
/// # Safety
///
/// There is a `T` if there is a piece of this name, and nothing writes to it.
pub unsafe fn piece<T>(briefing: &Briefing, name: &str) -> &'static T {
    let mut pieces = briefing.pieces.iter();
    let piece = pieces.find(|piece| piece.len != 0 && piece.name() == name);
    let at = piece.unwrap_or_else(|| exit(Exit::NoBriefing)).start;
    // SAFETY: by the contract.
    unsafe { &*(at as *const T) }
}
