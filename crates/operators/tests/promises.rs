//! What the transforms promise, whatever way the input is cut into chunks.

use aqueduct_operators::{LineTooLong, Transform, filter, inspect, lines, map};
use bytes::Bytes;
use proptest::prelude::*;

fn run<T: Transform>(
    mut transform: T,
    items: impl IntoIterator<Item = T::In>,
) -> Result<Vec<T::Out>, T::Error> {
    let mut out = Vec::new();
    for item in items {
        transform.apply(item, &mut |item| out.push(item))?;
    }
    transform.finish(&mut |item| out.push(item))?;
    Ok(out)
}

proptest! {
    #[test]
    fn lines_are_the_same_however_the_bytes_are_cut(
        text in "[ab\n]{0,200}",
        cuts in proptest::collection::vec(1_usize..9, 0..200),
    ) {
        let mut rest = Bytes::from(text.clone());
        let mut chunks = Vec::new();
        for cut in cuts {
            chunks.push(rest.split_to(cut.min(rest.len())));
        }
        chunks.push(rest);
        let expected: Vec<&str> = text.split_inclusive('\n').collect();
        prop_assert_eq!(run(lines(1000), chunks)?, expected);
    }
}

#[test]
fn a_line_may_be_as_long_as_the_bound_and_no_longer() {
    let chunks =
        |text: &str| text.as_bytes().chunks(3).map(Bytes::copy_from_slice).collect::<Vec<_>>();
    assert_eq!(run(lines(8), chunks("1234567\n1")).unwrap(), ["1234567\n", "1"]);
    assert_eq!(run(lines(8), chunks("12345678\n")), Err(LineTooLong { longest: 8 }));
    // Also when its end never comes: the bound is on memory.
    assert_eq!(run(lines(8), chunks("123456789")), Err(LineTooLong { longest: 8 }));
}

#[test]
fn a_chain_passes_every_item_through_all_its_transforms_in_order() {
    let mut seen = 0;
    let chain = map(|n: u64| n * 3).then(filter(|n| n % 2 == 0)).then(inspect(|_| seen += 1));
    assert_eq!(run(chain, 1..=4).unwrap(), [6, 12]);
    assert_eq!(seen, 2);
}

#[test]
fn what_is_left_at_the_end_passes_through_the_rest_of_the_chain() {
    let shout = lines(99).then(map(|line: Bytes| line.to_ascii_uppercase()));
    assert_eq!(run(shout, [Bytes::from("a\nb")]).unwrap(), [b"A\n".to_vec(), b"B".to_vec()]);
}

#[test]
fn an_error_in_the_middle_of_a_chain_stops_it() {
    let chain = map(|n: usize| Bytes::from(vec![b'x'; n])).then(lines(3));
    assert!(
        run(chain, [2, 9]).unwrap_err().to_string().starts_with("a line is longer than 3 bytes")
    );
}
