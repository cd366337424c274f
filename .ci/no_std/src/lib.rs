//! A bare program around the core: its own panic handler, its own allocator, no std.
//!
//! Why so: `#![no_std]` at the top of a crate only says that the crate does not import std by
//! itself. A dependency, or one `extern crate std`, brings it back, and a build for a machine that
//! has std does not notice. Here it is noticed on any machine: std carries a panic handler, this
//! program defines one too, and the compiler refuses a program that has two.
//!
//! The feature `control` brings std in on purpose. The gate builds it and demands the refusal.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use syncline_raft as _;

#[cfg(feature = "control")]
extern crate std;

struct NoMemory;

// SAFETY: a null pointer is how an allocator says that it has no memory left, so nothing that this
// allocator returns is ever read, written or given back. The program is built, never run.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
