//! Nothing that a test started may outlive it.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use aqueduct_link::{Marks, Name, Slot};

use crate::{Broken, Checked, Verdict, wait};

/// What a test made, and what must be gone when it is over.
///
/// A link is gone when nobody has a part of it: neither the slot, nor an end, nor an actor that runs
/// one of them, nor a report that is read from it. An item is gone when it is dropped.
#[derive(Clone, Debug, Default)]
pub struct Scope(Rc<RefCell<Vec<Watched>>>);

#[derive(Debug)]
struct Watched {
    what: &'static str,
    name: Name,
}

/// An item that is looked for when the test is over.
#[derive(Clone, Debug)]
pub struct Counted<T> {
    /// What it is.
    pub value: T,
    _alive: Name,
}

impl Scope {
    /// Returns a slot whose link must be gone when the test is over.
    pub fn slot<T>(&self, name: &str, marks: impl Into<Marks<T>>) -> Slot<T> {
        Slot::new(self.watch("the link of", name), marks)
    }

    /// Returns an item that must be dropped when the test is over.
    pub fn item<T>(&self, name: &str, value: T) -> Counted<T> {
        Counted { value, _alive: self.watch("the item", name) }
    }

    /// Everybody who is left of what was made shares its name.
    fn watch(&self, what: &'static str, name: &str) -> Name {
        // Each is an allocation of its own, whatever others are called.
        let name = Name::from(name);
        self.0.borrow_mut().push(Watched { what, name: name.clone() });
        name
    }

    /// Waits until nothing is left of it.
    pub(crate) async fn empty(&self) -> Result<(), Broken> {
        let empty = wait::until("", || self.left().is_empty()).await;
        empty.map_err(|_| {
            let advice = "whoever waits for work for ever keeps its link: stop it, or drop the \
                          last handle that could register";
            Broken::new("nothing left", self.left().join(", "), advice)
        })
    }

    fn left(&self) -> Vec<String> {
        let watched = self.0.borrow();
        let alive = watched.iter().filter(|one| Arc::strong_count(&one.name) > 1);
        alive.map(|one| format!("{} {}", one.what, one.name)).collect()
    }
}

/// Runs this in an actix system of its own, and looks that nothing of what was made in its scope is
/// left: no link, no actor at either end of one, no item.
///
/// What does not stand at a link of the scope is not seen: a task that was spawned beside it, or a
/// socket that nobody uses.
///
/// # Errors
/// [`Broken`] with the names of what is left, or what the test answered.
///
/// ```
/// use aqueduct_link::Watermarks;
/// use aqueduct_testkit::assert_all_stopped;
///
/// let kept = assert_all_stopped(async |scope| {
///     let slot = scope.slot("printer", Watermarks::items(1, 2)?);
///     let mut outlet = slot.register("counter")?;
///     let _ = outlet.write(scope.item("the number one", 1))?;
///     Ok(())
/// });
/// assert!(kept.is_ok(), "{kept:?}");
/// ```
pub fn assert_all_stopped<F>(test: F) -> Verdict
where
    F: AsyncFnOnce(Scope) -> Result<(), Box<dyn std::error::Error>>,
{
    let scope = Scope::default();
    let watched = scope.clone();
    actix_rt::System::new().block_on(async move {
        let tested = wait::within("the end of the test", test(scope)).await?;
        tested.map_err(|error| Broken::new("a test that ends well", error.to_string(), ""))?;
        watched.empty().await?;
        Ok(Checked::Kept)
    })
}

#[cfg(test)]
mod tests {
    use aqueduct_link::Watermarks;

    use super::*;

    #[test]
    fn what_is_left_is_told_by_name() {
        let mut kept = None;
        let broken = assert_all_stopped(async |scope| {
            kept = Some(scope.slot::<u64>("printer", Watermarks::items(1, 2)?));
            kept.as_mut().map(Slot::inlet).transpose()?;
            Ok(())
        });
        assert_eq!(broken.unwrap_err().got, "the link of printer");
    }
}
