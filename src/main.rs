//! skeleton
#![no_std]
#![no_main]
core::arch::global_asm!(".section .text.entry,\"ax\"\n.globl purgatory_start\n.type purgatory_start,%function\npurgatory_start: adrp x0, stack_top\n mov sp, x0\n b {f}\n.size purgatory_start, . - purgatory_start\n", f = sym story);
extern "C" fn story() -> ! {
    loop {
        spin_it()
    }
}
fn spin_it() {
    use spin::relax::RelaxStrategy;
    spin::relax::Spin::relax()
}
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
