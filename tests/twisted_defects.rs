//! Situations in which Twisted hangs or loses something, and in which this must not.
//!
//! Each was found in Twisted 26.10.0; the rules are those of the table in SPEC.md.
//!
//! | # | what went wrong | rules | shown here by |
//! |---|---|---|---|
//! | 1 | the second of two pipelined responses never ends: two pauses were counted, and one resume came | R11, R27 | `flow::two_streams_one_after_the_other_over_one_slow_connection_arrive_whole` |
//! | 2 | a producer that is paused while a layer is put below it is never resumed | R66 | `flow::a_producer_that_is_paused_while_a_layer_is_put_between_is_resumed_once` |
//! | 3 | the last bytes before the close are lost in a layer | R39, R43 | `ends::what_was_accepted_before_the_end_arrives_through_every_layer` |
//! | 4 | unregistering after abort and loss fails | R29 | `ends::unregistering_in_the_final_state_does_nothing` |
//! | 5 | a half close is lost when the producer unregisters after it | R32 | `ends::a_half_close_follows_the_producer_that_unregisters_after_it` |
//! | 6 | a producer is resumed for its predecessor's pause | R17 | `flow::a_producer_is_not_resumed_for_the_pause_of_its_predecessor` |
//! | 7 | a running push producer is not waited for by a close | R42 | `ends::a_close_waits_for_every_kind_of_producer` |
//! | 8 | the end overtakes data in a proxy | R36 | `ends::the_end_does_not_overtake_what_a_stage_holds` |
//! | 9 | a proxy cannot hold bytes | R18 | `flow::a_stage_holds_bytes_while_it_is_paused_and_passes_them_on_at_once` |
//! | 10 | an empty write ends a chunked body | R54 | `ends::an_empty_write_does_not_end_a_chunked_body` |
//! | 11 | a producer is not stopped when its connection is reset | R48 | `losses::a_reset_connection_stops_its_producer_once_before_it_is_told` |
//! | 12 | a producer is forgotten by a consumer that leaves it, and runs into the void | R49 | `losses::a_consumer_that_leaves_its_producer_stops_it_once` |
//! | 13 | a pull producer that registers on a full connection kills it | R27 | `flow::a_pull_producer_may_register_on_a_full_link` |
//! | 14 | throttling ends for good on a connection without a producer | – | `flow::a_rate_holds_for_producers_that_come_later` |
//! | 15 | a failed disk write leaves its producer running | R48 | `losses::a_full_disk_stops_its_producer_once_before_it_is_told` |
//!
//! Two more are in no list of defects, and are easily got wrong:
//!
//! | what goes wrong in Twisted | rules | shown here by |
//! |---|---|---|
//! | a producer that raises when it is stopped keeps others from hearing of the loss | R58 | `losses::a_producer_that_panics_when_it_is_stopped_holds_up_nobody` |
//! | a connection that is not read does not notice its end; it is told later, behind the data | R62 | `ends::the_end_of_a_connection_that_is_not_read_is_told_when_it_is_read_again` |
//!
//! Where the original is a kind of connection that is not there (HTTP, TLS), the situation is that
//! of a TCP connection or of stages before it: what matters is which layers there are, and in which
//! order they are told what.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "twisted_defects/ends.rs"]
mod ends;
#[path = "twisted_defects/flow.rs"]
mod flow;
#[path = "twisted_defects/losses.rs"]
mod losses;
#[path = "twisted_defects/support.rs"]
mod support;
