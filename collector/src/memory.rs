//! What the allocator keeps of freed memory.
#![allow(unsafe_code)] // glibc's allocator is told by a C function only.

/// Arenas of glibc's allocator that all threads share.
///
/// A group of requests is taken apart by one thread and freed by another. With an arena for each thread
/// (glibc's default: eight for each processor) what is freed stays where the next group does not look: a
/// collector that stored 10 M spans peaked at 161 MB, with two arenas at 105 (docs/performance.md).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ARENAS: libc::c_int = 2;

/// Lets threads started from now on share [`ARENAS`] arenas.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn share_arenas() {
    // SAFETY: mallopt may be called at any time and by any thread; it takes two numbers.
    if unsafe { libc::mallopt(libc::M_ARENA_MAX, ARENAS) } == 0 {
        tracing::debug!("the allocator does not take a number of arenas");
    }
}

/// Other allocators are left as they are.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn share_arenas() {}
