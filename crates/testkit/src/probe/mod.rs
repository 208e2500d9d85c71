//! One end of a link in a test's hands, so that the other end can be tested.

mod consumer;
mod producer;

pub use consumer::TestConsumer;
pub use producer::TestProducer;

#[cfg(test)]
mod tests {
    use aqueduct_link::{End, Flow, Watermarks};

    use super::*;

    fn pair() -> (TestProducer<u64>, TestConsumer<u64>) {
        let consumer = TestConsumer::new(Watermarks::items(1, 2).unwrap()).unwrap();
        (TestProducer::register(consumer.slot()).unwrap(), consumer)
    }

    fn run<F: Future>(test: F) -> F::Output {
        actix_rt::System::new().block_on(test)
    }

    #[test]
    fn what_is_lent_is_held_until_it_is_committed() {
        let (mut producer, mut consumer) = pair();
        assert_eq!(producer.write_past_the_mark(0..100), 4);
        assert_eq!(producer.expect_full(4).unwrap(), 4);
        let lent = consumer.lend(4).unwrap();
        assert_eq!(lent.iter().copied().collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(producer.expect_full(4).unwrap(), 4);
        consumer.commit(lent);
        run(producer.expect_resumed()).unwrap();
        assert_eq!(producer.write(4).unwrap(), Flow::Go);
    }

    #[test]
    fn what_is_lent_and_dropped_comes_again() {
        let (mut producer, mut consumer) = pair();
        producer.write_past_the_mark(0..2);
        drop(consumer.lend(2));
        assert_eq!(consumer.take_what_is_there(), [0, 1]);
    }

    #[test]
    fn a_hold_pauses_and_an_end_comes_behind_the_last_item() {
        let (mut producer, mut consumer) = pair();
        consumer.pause();
        producer.expect_paused().unwrap();
        assert_eq!(producer.expect_running().unwrap_err().advice, "release what holds it");
        consumer.resume();
        producer.expect_running().unwrap();
        run(async {
            consumer.expect_no_write().await.unwrap();
            assert_eq!(producer.write(7).unwrap(), Flow::Go);
            assert_eq!(consumer.expect_no_write().await.unwrap_err().got, "an item");
            producer.finish();
            assert_eq!(consumer.expect_end().await.unwrap(), (vec![7], End::Finished));
        });
    }

    #[test]
    fn a_stop_is_told_with_its_reason() {
        let (mut producer, mut consumer) = pair();
        consumer.stop();
        assert_eq!(&*run(producer.expect_stopped()).unwrap(), "the test wants no more");
        assert_eq!(producer.expect_full(1).unwrap_err().got, "the stream has ended");
    }

    #[test]
    fn who_has_to_be_asked_is_wanted_for_as_much() {
        let mut consumer = TestConsumer::<u64>::asking(Watermarks::items(4, 8).unwrap()).unwrap();
        let mut producer = TestProducer::register(consumer.slot()).unwrap();
        assert_eq!(producer.outlet().wanted().items, 0);
        consumer.ask(3);
        let _ = producer.outlet().flow();
        assert_eq!(producer.outlet().wanted().items, 3);
    }
}
