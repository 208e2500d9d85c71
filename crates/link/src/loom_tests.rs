//! The wake protocol under loom: every order in which two or three threads can meet, up to a bound
//! of preemptions, and every value that a load may see.
//!
//! `RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom cargo test --release -p aqueduct-link --lib`
//! runs it all, the planted mistakes too: the same models, started once more in a process of their
//! own for each mistake, must fail.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "tests")]

use std::{
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Instant,
};

use loom::{future::block_on, model::Builder, thread};

use crate::{End, Inlet, Outlet, Slot, Turn, Watermarks, WriteError, sync::plant};

/// Explores the model, and says how many executions that took.
fn check(name: &str, preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let began = Instant::now();
    let executions = Arc::new(AtomicU64::new(0));
    let counter = executions.clone();
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(move || {
        counter.fetch_add(1, SeqCst);
        model();
    });
    println!(
        "{name}: {} executions with at most {preemptions} preemptions in {:.1?}",
        executions.load(SeqCst),
        began.elapsed()
    );
}

/// A link of two items with the marks at none and one, so that every item crosses a mark.
fn link() -> (Slot<u64>, Outlet<u64>, Inlet<u64>) {
    let marks = Watermarks::items_within(0, 1, 2).unwrap();
    let mut slot = Slot::new("printer", marks);
    let outlet = slot.register("counter").unwrap();
    let inlet = slot.inlet().unwrap();
    (slot, outlet, inlet)
}

/// Writes these items, waiting for room where there is none.
fn write_all(outlet: &mut Outlet<u64>, items: std::ops::Range<u64>) {
    for item in items {
        while let Err(refused) = outlet.write(item) {
            assert_eq!(refused, WriteError::Full(item));
            block_on(outlet.ready()).unwrap();
        }
    }
}

/// Handles all that comes until the end, and asserts that it is this.
fn drain(inlet: &mut Inlet<u64>, items: std::ops::Range<u64>) {
    let mut expected = items.clone();
    let end = loop {
        match block_on(inlet.turn()) {
            Turn::Items => {
                let mut batch = inlet.batch(2);
                while let Some(&item) = batch.next() {
                    assert_eq!(Some(item), expected.next(), "in order, each once");
                }
                inlet.rest();
            }
            Turn::End(end) => break end,
        }
    };
    assert_eq!(end, End::Finished);
    assert_eq!(expected.next(), None, "all of them");
}

#[test]
fn f7_a_producer_that_waits_for_room_and_a_consumer_that_parks_both_finish() {
    check("room", 2, || {
        let (_slot, mut outlet, mut inlet) = link();
        let producer = thread::spawn(move || {
            write_all(&mut outlet, 0..3);
            outlet.finish();
        });
        drain(&mut inlet, 0..3);
        producer.join().unwrap();
    });
}

#[test]
fn f7_a_staging_producer_strands_nothing() {
    check("staging", 2, || {
        let (_slot, mut outlet, mut inlet) = link();
        let producer = thread::spawn(move || {
            outlet.set_staging(true);
            write_all(&mut outlet, 0..3);
            block_on(outlet.close()).unwrap();
        });
        drain(&mut inlet, 0..3);
        producer.join().unwrap();
    });
}

#[test]
fn f6_the_last_item_is_never_overtaken_by_the_end() {
    check("finish", 3, || {
        let (_slot, mut outlet, mut inlet) = link();
        let producer = thread::spawn(move || {
            write_all(&mut outlet, 0..2);
            outlet.finish();
        });
        drain(&mut inlet, 0..2);
        producer.join().unwrap();
    });
}

#[test]
fn flush_waits_for_the_commit() {
    check("flush", 2, || {
        let (_slot, mut outlet, mut inlet) = link();
        // Loom does not see it, so that it orders nothing.
        let handled = Arc::new(AtomicU64::new(0));
        let count = handled.clone();
        let producer = thread::spawn(move || {
            write_all(&mut outlet, 0..2);
            block_on(outlet.flush()).unwrap();
            assert_eq!(handled.load(SeqCst), 2);
            outlet.finish();
        });
        let mut left = 2;
        while left > 0 {
            assert_eq!(block_on(inlet.turn()), Turn::Items);
            let mut batch = inlet.batch(2);
            while batch.next().is_some() {
                count.fetch_add(1, SeqCst);
                batch.commit();
                left -= 1;
            }
        }
        assert_eq!(block_on(inlet.turn()), Turn::End(End::Finished));
        producer.join().unwrap();
    });
}

#[test]
fn f9_a_stop_reaches_a_producer_that_waits() {
    check("stop", 2, || {
        let (_slot, mut outlet, mut inlet) = link();
        let gauge = outlet.gauge();
        let producer = thread::spawn(move || {
            let mut accepted = 0;
            let stopped = loop {
                match outlet.write(accepted) {
                    Ok(_) => accepted += 1,
                    Err(WriteError::Closed(_)) => break outlet.stopped().unwrap(),
                    Err(WriteError::Full(_)) => match block_on(outlet.ready()) {
                        Ok(()) => {}
                        Err(stopped) => break stopped,
                    },
                }
            };
            assert_eq!(&*stopped.reason, "supper");
            accepted
        });
        assert_eq!(block_on(inlet.turn()), Turn::Items);
        assert_eq!(inlet.batch(1).take(), Some(0));
        inlet.stop("supper");
        let accepted = producer.join().unwrap();
        let report = gauge.report();
        assert_eq!(report.discarded.items, accepted - 1, "counted to the last");
        assert_eq!(report.committed.items, accepted);
    });
}

#[test]
fn f2_flush_never_takes_a_discarded_item_for_a_delivered_one() {
    check("flush and stop", 2, || {
        let (_slot, mut outlet, mut inlet) = link();
        let producer = thread::spawn(move || {
            let accepted = (0..2).all(|item| outlet.write(item).is_ok());
            assert!(!accepted || block_on(outlet.close()).is_err());
        });
        assert_eq!(block_on(inlet.turn()), Turn::Items);
        assert_eq!(inlet.batch(1).take(), Some(0));
        drop(inlet);
        producer.join().unwrap();
    });
}

#[test]
fn f7_a_hold_taken_and_released_elsewhere_never_strands_the_producer() {
    fn held(items: u64) {
        let (slot, mut outlet, mut inlet) = link();
        let holder = thread::spawn(move || slot.hold("supper").release());
        let producer = thread::spawn(move || {
            block_on(outlet.ready()).unwrap();
            write_all(&mut outlet, 0..items);
            block_on(outlet.ready()).unwrap();
            outlet.finish();
        });
        drain(&mut inlet, 0..items);
        producer.join().unwrap();
        holder.join().unwrap();
    }
    check("hold", 2, || held(1));
    check("hold of a full link", 1, || held(2));
}

#[test]
fn f9_a_producer_that_dies_while_its_consumer_parks_ends_the_stream() {
    check("loss", 3, || {
        let (_slot, mut outlet, mut inlet) = link();
        let producer = thread::spawn(move || {
            let _ = outlet.write(0);
        });
        assert_eq!(block_on(inlet.turn()), Turn::Items);
        assert_eq!(inlet.batch(2).take(), Some(0));
        let end = block_on(inlet.turn());
        assert!(matches!(end, Turn::End(End::Aborted { .. })), "{end:?}");
        producer.join().unwrap();
    });
}

#[test]
fn f2_what_is_written_while_the_stream_is_aborted_is_counted() {
    check("abort", 3, || {
        let (slot, mut outlet, mut inlet) = link();
        let gauge = outlet.gauge();
        let producer = thread::spawn(move || {
            let _ = outlet.write(0);
        });
        slot.abort("enough");
        while block_on(inlet.turn()) == Turn::Items {
            inlet.batch(1).take();
        }
        producer.join().unwrap();
        let report = gauge.report();
        assert_eq!(report.committed, report.written);
    });
}

#[test]
fn f7_who_waits_for_an_acknowledgement_is_woken_also_where_he_wants_it_late() {
    fn wanted(late: bool) {
        let (_slot, mut outlet, mut inlet) = link();
        let producer = thread::spawn(move || {
            if !late {
                outlet.want_acknowledgements();
            }
            write_all(&mut outlet, 0..1);
            outlet.want_acknowledgements();
            block_on(outlet.acknowledged_to(1)).unwrap();
            outlet.finish();
        });
        drain(&mut inlet, 0..1);
        producer.join().unwrap();
    }
    check("acknowledgement", 2, || wanted(false));
    check("late acknowledgement", 2, || wanted(true));
}

#[test]
fn f7_who_waits_for_an_acknowledgement_hears_that_there_will_be_none() {
    check("lost receipt", 2, || {
        let (_slot, mut outlet, mut inlet) = link();
        inlet.set_by_receipt(true);
        let producer = thread::spawn(move || {
            outlet.want_acknowledgements();
            write_all(&mut outlet, 0..1);
            let lost = block_on(outlet.acknowledged_to(1)).unwrap_err();
            assert_eq!(lost.from, 0);
        });
        assert_eq!(block_on(inlet.turn()), Turn::Items);
        assert_eq!(inlet.batch(1).take(), Some(0));
        drop(inlet.receipt(0));
        producer.join().unwrap();
    });
}

/// Runs one test of this file in a process of its own: a deadlock aborts it.
fn passes(test: &str, planted: Option<&str>) -> bool {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &format!("loom_tests::{test}")])
        .env_remove(plant::VARIABLE)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(fault) = planted {
        command.env(plant::VARIABLE, fault);
    }
    command.status().unwrap().success()
}

#[test]
fn the_planted_mistakes_are_found() {
    let room = "f7_a_producer_that_waits_for_room_and_a_consumer_that_parks_both_finish";
    let flush = "flush_waits_for_the_commit";
    assert!(passes(flush, None));
    // The end of a stream is not among the publications: the fence of the bell before it orders it
    // as well.
    for (test, fault) in [
        (room, "no-second-look"),
        (flush, "no-second-look-for-room"),
        (room, "relaxed-publication"),
    ] {
        assert!(!passes(test, Some(fault)), "{test} misses {fault}");
    }
}
