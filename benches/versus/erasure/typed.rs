//! The typed builder.

use aqueduct::{
    operators::lines,
    pipeline::{Folded, Head, Open, Pipeline},
};
use bytes::Bytes;

use super::{LONGEST, adopt, is_kept, number, run, see, tallying::Tallying, text::Text};
use crate::{bed::Places, contest::Run, tally::Tally};

pub(super) fn item(places: Places, items: u64) -> Run {
    run(places, items, |text| {
        finished(numbers(&text).fold("seen", Tally::new(), |tally, number| see(tally, &number)))
    })
}

pub(super) fn sum(places: Places, items: u64) -> Run {
    run(places, items, |text| {
        let sums = numbers(&text).then(Tallying::new());
        finished(sums.fold("seen", Tally::new(), |tally, sum| adopt(tally, &sum)))
    })
}

fn numbers(text: &Text) -> Open<impl Head<Out = Bytes>> {
    Pipeline::named("numbers")
        .from(text.producer())
        .then(lines(LONGEST))
        .filter("kept", |line| is_kept(line))
        .map("number", number)
}

async fn finished(pipeline: Folded<Bytes, Tally>) -> Result<Tally, String> {
    let (tally, _) = pipeline.run().await.map_err(|error| error.to_string())?;
    Ok(tally)
}
