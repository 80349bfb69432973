// SPDX-License-Identifier: MIT OR Apache-2.0

//! A guest that calls the image many times in one machine, by orders that lie in memory.

use purgatory_test_guest::{Briefing, Piece, Regime};
use zerocopy::IntoBytes;

use crate::boot::UART;
use crate::entry_state;
use crate::guest::Guest;
use crate::loader::Segment;

/// Where what it is told begins.
pub const BRIEFING_AT: u64 = 0x4080_0000;
const ORDERS_AT: u64 = 0x4080_9000;
/// Where it begins.
pub const GUEST_AT: u64 = 0x4081_0000;

/// Returns the guest `program` with what it is told; `name` is that of the piece with its orders.
///
/// # Errors
/// When the guest is not built.
pub fn ordered(
    program: &str,
    regime: Regime,
    name: &str,
    orders: &[u8],
) -> Result<[Segment; 3], String> {
    let mut briefing = Briefing {
        uart: UART,
        regime: regime as u64,
        settings: entry_state::settings(regime),
        ..Briefing::default()
    };
    briefing.pieces[0] = Piece::new(name, ORDERS_AT, orders, orders.len() as u64);
    let guest = Guest::read(program)?.place(GUEST_AT, BRIEFING_AT);
    let segment = |name, at, bytes: &[u8]| Segment::ragged(name, at, bytes.to_vec());
    Ok([
        segment("briefing", BRIEFING_AT, briefing.as_bytes()),
        segment("orders", ORDERS_AT, orders),
        segment("guest", GUEST_AT, &guest),
    ])
}
