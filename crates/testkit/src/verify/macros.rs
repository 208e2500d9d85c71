//! One test a rule: the lists of the rules, and what makes tests of them.
//!
//! Each list hands its rules, behind what it is given, to the macro that is named in brackets.

#[doc(hidden)]
#[macro_export]
macro_rules! __consumer_rules {
    ([$($then:tt)+] $($given:tt)*) => {
        $($then)+! { $($given)*;
            required_f2_every_item_is_committed
            optional_f2_every_item_is_handled_once_and_in_order
            required_f2_an_item_is_handled_without_another_behind_it
            required_f6_the_end_comes_behind_the_last_item
            required_f7_it_comes_back_after_it_has_waited
            required_f9_an_abort_ends_it
            required_f9_the_death_of_its_producer_ends_it_behind_the_last_item
            required_f9_when_it_goes_its_producer_is_stopped
            required_f9_dropped_at_any_moment_it_leaves_nothing
            required_f10_it_gives_its_thread_back
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __producer_rules {
    ([$($then:tt)+] $($given:tt)*) => {
        $($then)+! { $($given)*;
            required_f2_the_same_comes_whatever_the_demand
            required_f3_nothing_is_written_while_it_is_held
            required_f6_its_end_comes_behind_the_last_item
            required_f7_it_goes_on_whenever_there_is_room
            required_f9_a_stop_ends_it
            required_f9_dropped_at_any_moment_it_leaves_nothing
            required_f10_it_writes_no_more_than_is_wanted
            required_f10_it_writes_no_more_than_it_was_asked_for
            required_f10_it_gives_its_thread_back
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __stage_rules {
    ([$($then:tt)+] $($given:tt)*) => {
        $($then)+! { $($given)*;
            required_f1_it_takes_no_more_while_its_consumer_is_full
            required_f2_the_same_comes_out_however_it_goes_in
            required_f6_the_end_goes_through_it_behind_the_last_item
            required_f9_an_abort_goes_through_it
            required_f9_a_stop_goes_through_it
            required_f9_dropped_at_any_moment_it_leaves_nothing
            required_f10_it_gives_its_thread_back
        }
    };
}

/// Makes a module of tests, one for each rule.
#[doc(hidden)]
#[macro_export]
macro_rules! __verify {
    ($name:ident, $subject:expr; $($rule:ident)+) => {
        mod $name {
            #[allow(unused_imports, reason = "the subject may need nothing of what is around it")]
            use super::*;

            $(#[test]
            fn $rule() {
                $crate::settle(stringify!($rule), $crate::check(|| $subject, |subject| async move {
                    subject.$rule().await
                }));
            })+
        }
    };
}

/// Makes a module of tests for a consumer: one for each rule that
/// [`ConsumerVerification`](crate::ConsumerVerification) checks.
#[macro_export]
macro_rules! verify_consumer {
    ($name:ident, $subject:expr) => {
        $crate::__consumer_rules! { [$crate::__verify] $name, $subject }
    };
}

/// Makes a module of tests for a producer: one for each rule that
/// [`ProducerVerification`](crate::ProducerVerification) checks.
#[macro_export]
macro_rules! verify_producer {
    ($name:ident, $subject:expr) => {
        $crate::__producer_rules! { [$crate::__verify] $name, $subject }
    };
}

/// Makes a module of tests for a stage or a transform: one for each rule that
/// [`StageVerification`](crate::StageVerification) checks.
#[macro_export]
macro_rules! verify_stage {
    ($name:ident, $subject:expr) => {
        $crate::__stage_rules! { [$crate::__verify] $name, $subject }
    };
}
