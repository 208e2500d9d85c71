//! Makes the mistake that it is told: `check` beside it looks whether the sanitizers find it.

use std::{cell::UnsafeCell, env, hint::black_box, process::ExitCode, thread};

fn main() -> ExitCode {
    match env::args().nth(1).as_deref() {
        Some("none") => {}
        Some("use-after-free") => use_after_free(),
        Some("leak") => leak(),
        Some("race") => race(),
        _ => {
            eprintln!("usage: aqueduct-planted none|use-after-free|leak|race");
            return ExitCode::from(2);
        }
    }
    println!("done");
    ExitCode::SUCCESS
}

fn use_after_free() {
    let freed = Box::into_raw(black_box(Box::new(7_u64)));
    // SAFETY: the pointer is the box's.
    drop(unsafe { Box::from_raw(freed) });
    // Not sound, which is the point.
    let read = unsafe { black_box(freed).read() };
    black_box(read);
}

/// In a frame of its own, so that nothing on the stack still points to what is lost.
#[inline(never)]
fn leak() {
    for size in 1..=64 {
        std::mem::forget(black_box(vec![7_u64; size]));
    }
}

/// A number that says that threads may share it, and does nothing for it.
struct Unguarded(UnsafeCell<u64>);

// Not sound, which is the point.
unsafe impl Sync for Unguarded {}

impl Unguarded {
    fn add(&self) {
        for _ in 0..10_000 {
            // Not sound, which is the point.
            unsafe { *black_box(self.0.get()) += 1 };
        }
    }
}

fn race() {
    let shared = Unguarded(UnsafeCell::new(0));
    thread::scope(|scope| {
        scope.spawn(|| shared.add());
        scope.spawn(|| shared.add());
    });
}
