// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whatever goes wrong in the image itself: the MMU goes off, one report, and no kernel.
//!
//! Nothing of the image's own provokes an exception, so instructions that do are written into the
//! built one: into the routine that hashes, which runs inside the window with x1 = the first
//! region, or into those that open the window and write memory back, which run outside.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::each_regime;
use rstest::rstest;

use crate::harness::{symbol, usual_boot};

mod report;
mod unreported;

pub use self::report::patch;
use self::report::*;

/// A routine that runs with the MMU on.
const INSIDE: &str = "sha256_instructions";

/// Inside the window, the last of the words accesses this address.
fn inside(words: Vec<u32>, class: (u64, &'static str), status: (u64, u64), far: Far) -> Fault {
    Fault {
        routine: INSIDE.into(),
        at: Elr::Word(words.len() as u64 - 1),
        words,
        class,
        status,
        far,
    }
}

/// Data at the image's own address.
fn write_to(boot: &Boot, name: &str) -> Fault {
    let to = address(boot, name);
    let mut words = load_address(3, to);
    words.push(store_word(4, 3));
    inside(words, DATA, PERMISSION_WRITE, Far::Address(to))
}

/// Returns a branch to memory that is not our code.
fn execute(to: u64) -> Fault {
    let mut words = load_address(3, to);
    words.push(branch_to(3));
    Fault {
        at: Elr::Address(to),
        ..inside(words, INSTRUCTION, PERMISSION, Far::Address(to))
    }
}

/// With the MMU off, before the window or after it.
fn outside(boot: &Boot, routine: &str, words: Vec<u32>, class: (u64, &'static str)) -> Fault {
    let routine = match routine {
        "window_open" => format!("window_open_el{}", boot.regime.el()),
        other => other.into(),
    };
    Fault {
        routine,
        ..inside(words, class, ANY, Far::Unspecified)
    }
}

/// Returns the place of the stack.
fn stack(boot: &Boot) -> (u64, u64) {
    (address(boot, "stack_bottom"), address(boot, "stack_top"))
}

/// The tables lose the page that the stack pointer points to: the instructions walk down to its
/// entry, below 4 GiB from level 1 on, with the MMU off for as long, since no table is mapped.
fn without_stack(boot: &Boot) -> Fault {
    let ((bottom, top), el) = (stack(boot), boot.regime.el());
    let page = (top - 1) & !4095;
    let mut words = vec![
        mrs_sctlr(5, el),
        mrs_sctlr(6, el),
        clear_bit(6, 0),
        msr_sctlr(6, el),
        ISB.word(),
        mrs_ttbr0(3, el),
    ];
    for level in 1..3 {
        words.extend([load_index(3, 3, page >> (39 - 9 * level) & 511), page_of(3)]);
    }
    words.push(store_zero_index(3, page >> 12 & 511));
    words.extend([
        msr_sctlr(5, el),
        ISB.word(),
        DSB_SY.word(),
        tlbi(el),
        DSB_SY.word(),
        ISB.word(),
    ]);
    words.push(load(4, SP));
    inside(words, DATA, TRANSLATION, Far::Within(bottom, top))
}

each_regime! {
    reports;
    an_address_that_nobody_asked_for: |_| {
        let far = 0x1000;
        let mut words = load_address(3, far);
        words.push(load(4, 3));
        inside(words, DATA, TRANSLATION, Far::Address(far))
    };
    the_console_inside_the_window: |boot| {
        let far = boot.load.sink;
        let mut words = load_address(3, far);
        words.push(store_word(4, 3));
        inside(words, DATA, TRANSLATION_WRITE, Far::Address(far))
    };
    the_neighbour_below_a_region: |boot| {
        let far = boot.segment("kernel").at - 8;
        inside(vec![load_below(4, 1)], DATA, TRANSLATION, Far::Address(far))
    };
    the_neighbour_above_a_region: |boot| {
        let far = boot.segment("initrd").end();
        let mut words = load_address(3, far);
        words.push(load(4, 3));
        inside(words, DATA, TRANSLATION, Far::Address(far))
    };
    a_stack_that_overflows: |boot| {
        let guard = stack(boot).0;
        let words = vec![push(3), branch_back(1)];
        Fault {
            at: Elr::Word(0),
            ..inside(
                words,
                DATA,
                TRANSLATION_WRITE,
                Far::Within(guard - 16, guard),
            )
        }
    };
    a_write_to_a_region: |boot| {
        let far = boot.segment("kernel").at;
        inside(
            vec![store_word(3, 1)],
            DATA,
            PERMISSION_WRITE,
            Far::Address(far),
        )
    };
    a_write_to_code: |boot| write_to(boot, "purgatory_start");
    a_write_to_the_symbols: |boot| write_to(boot, "sha256_digest");
    a_region_executed: |boot| execute(boot.segment("kernel").at);
    constants_executed: |boot| execute(address(boot, "sha256_digest"));
    the_stack_executed: |boot| execute(stack(boot).0);
    an_undefined_instruction_inside_the_window: |_| inside(vec![UDF], UNDEFINED, ANY, Far::Unspecified);
    an_undefined_instruction_before_the_window: |boot| outside(boot, "window_open", vec![UDF], UNDEFINED);
    an_undefined_instruction_after_the_window:
        |boot| outside(boot, "clean_and_invalidate", vec![UDF], UNDEFINED);
    an_unaligned_access_with_the_mmu_off: |boot| {
        let (bottom, top) = stack(boot);
        // x0 is an object on the stack.
        Fault {
            status: ALIGNMENT,
            far: Far::Within(bottom, top),
            ..outside(boot, "window_open", vec![load_unaligned(3, 0)], DATA)
        }
    };
    a_jump_to_half_an_instruction: |boot| {
        let to = address(boot, "purgatory_start") + 2;
        Fault {
            class: PC,
            status: ANY,
            ..execute(to)
        }
    };
    floating_point_that_traps: |boot| {
        let mut words = trap_fp(boot.regime);
        words.extend([ISB.word(), MOVI_V0]);
        inside(words, FP, ANY, Far::Unspecified)
    };
    an_illegal_return: |boot| {
        let words = illegal_return(boot.regime.el());
        let next = words.len() as u64;
        Fault {
            at: Elr::Word(next),
            ..inside(words, ILLEGAL, ANY, Far::Unspecified)
        }
    };
    the_stack_gone_from_the_tables: |boot| without_stack(boot);
}

/// Each of the four that can be taken, 128 bytes apart, is one branch to the same place.
#[test]
fn all_vectors_lead_to_the_report() {
    let boot = usual_boot(Regime::El1And0);
    let (vectors, entry) = (symbol(&boot, "vectors"), symbol(&boot, "exception_entry"));
    assert_eq!(vectors % 2048, 0, "VBAR_ELx ignores the lower bits");
    for at in (4..8).map(|vector| vectors + vector * 128) {
        let word = boot.load.image.bytes[at as usize..].first_chunk();
        let word = u32::from_le_bytes(*word.expect("inside the image"));
        assert_eq!(word, branch(at, entry), "the vector at {at:#x}");
    }
}
