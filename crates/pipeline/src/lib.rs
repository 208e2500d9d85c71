//! Pipelines of actors: composed, checked, drawn, run and reported.
//!
//! A pipeline leads items from one producer, through transforms and stages, to one consumer.
//! It is composed with a typed builder ([`Pipeline`]) or of parts that are known only at run time
//! ([`erased`]); both make the same [`Blueprint`], which is checked before anything starts and can
//! be drawn ([`picture`]).
//! It runs as supervised actors with bounded links between them, and a [`Report`] tells what each
//! stage and link did, and which stage limited the whole.
//!
//! ```
//! use aqueduct_endpoints::File;
//! use aqueduct_operators::lines;
//! use aqueduct_pipeline::{Pipeline, ReadFile};
//! # let folder = tempfile::tempdir()?;
//! # let path = |name: &str| folder.path().join(name);
//! # std::fs::write(path("diary.txt"), "I must go.\nI may stay.\nI must sleep.\n")?;
//! # let (diary, duties) = (path("diary.txt"), path("duties.txt"));
//!
//! let report = actix::System::new().block_on(async {
//!     Pipeline::named("duties")
//!         .from(File::open(&diary))
//!         .named("diary")
//!         .then(lines(64 * 1024))
//!         .filter("must", |line| line.windows(4).any(|word| word == b"must"))
//!         .to(File::create(&duties))
//!         .named("duties.txt")
//!         .run()
//!         .await
//! })?;
//! assert_eq!(std::fs::read(&duties)?, b"I must go.\nI must sleep.\n");
//! assert_eq!(report.edges[0].items, 2);
//! println!("{report}");
//! # // The same in short, with the defaults.
//! # let _ = File::read(&diary).to(File::create(&duties));
//! # let words = report.to_string();
//! # assert!(words.starts_with("duties, "), "{words}");
//! # assert!(words.contains("\n  diary → duties.txt: 2 items, 25 B; held at most "), "{words}");
//! # assert!(words.contains("; never paused\n  limited by "), "{words}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! The report has a line for each link, and one for the stage that limited the run:
//! ```text
//! duties, 3.1ms:
//!   diary → duties.txt: 2 items, 25 B; held at most 2 items, 153 B; never paused
//!   limited by diary: the next waited for it 52 % of the time
//! ```
//!
//! # Words
//! | Word | Means |
//! |---|---|
//! | producer, consumer | the ends of a pipeline, each an actor: a file, a connection, a type of yours |
//! | transform | a pure step, fused into the actor before it: together they are one loop |
//! | stage | any of the above; in the narrow sense, an actor of its own that takes and gives |
//! | boundary | a link that is put between transforms: behind it begins another actor |
//! | link, marks | the bounded way between two actors, and where it pauses and resumes |
//! | factory | what makes a producer, stage or consumer where it runs, at the start and anew |
//!
//! # Back-pressure
//! A link holds no more than its capacity.
//! Above its high mark the actor before it is paused, or not asked, and that holds through all
//! actors up to the producer; at the low mark it goes on.
//! Within an actor nothing waits: what a transform makes of one portion of items is all that there
//! is of it beyond the links.
//!
//! # Threads
//! All runs on the arbiter where it is started, or on one that the pipeline brings where there is
//! none, as in a plain `#[tokio::main]`.
//! What follows `on("name")` runs on an arbiter of its own, which is gone when the pipeline has
//! ended; only items that go from one arbiter to another must be `Send`, and none must be `Clone`.
//!
//! # When something fails
//! An error or a panic of a stage ends the pipeline with a [`PipelineError`], which tells the stage,
//! the link, the number of the item, and what was done until then.
//! Consumers are told that the stream was not finished: a file keeps its temporary name and is
//! removed.
//! With [`Closed::restart`] the stage is made anew instead, and what it had not handled comes again.
//!
//! # What it does not do
//! A pipeline is one chain: it neither forks nor joins.
//! It keeps nothing on a disk: what is in its links is lost with the process, and counted when the
//! pipeline is aborted.
//! It makes no consumer's work undone: after a restart, an item may have been handled in part.

mod blame;
pub mod blueprint;
mod build;
mod ends;
pub mod erased;
mod error;
mod launch;
pub mod picture;
mod plan;
mod report;
mod running;
mod shared;
pub mod stages;
mod step;

pub use blame::{Because, Blame};
pub use blueprint::Blueprint;
pub use build::{Boundary, Closed, Folded, Head, Open, Pipeline, PushSource, Source, Step};
pub use ends::{Making, Origin, ReadFile, Spanning, Target};
pub use error::{BlueprintError, PipelineError};
pub use report::{LinkReport, Paused, Report, StageReport};
pub use running::{Assembled, Running};
pub use step::StepError;
