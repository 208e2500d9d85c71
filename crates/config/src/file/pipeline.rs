//! One pipeline of a file.

use std::{ops::Range, time::Duration};

use aqueduct_pipeline::{
    Blueprint,
    blueprint::{Edge, Restart, Strategy},
    erased::Part,
};
use toml::{
    Spanned,
    de::{DeArray, DeString, DeTable, DeValue},
};

use super::{Reader, draft::Draft, link::MARKS, stage::name_apart, table_of, ways::Ways};
use crate::{
    keys::{Found, Keys, told, unknown_keys},
    kind::Anew,
    mistake::Mistake,
    near::nearest,
};

/// The most stages of one pipeline: far beyond what people write, and soon checked.
const MOST_STAGES: usize = 1000;

const KEYS: [&str; 4] = ["watermarks", "restart", "kernel", "stage"];

const NO_STAGES: &str =
    "write `[[pipeline.NAME.stage]]` and below it what the stage does, once for each stage";

/// What `kernel` does, as the schema tells it.
pub(crate) const KERNEL: &str = "Between two files or connections with nothing but a link between \
                                 them, bytes stay in the kernel; with `false`, they are read and \
                                 written. With `restart` they always are.";

/// The keys of `restart`, as they are written.
pub(crate) struct Policy {
    policy: &'static str,
    strategy: &'static str,
    at_most: u64,
    healthy_after: Duration,
}

const POLICIES: [&str; 3] = ["transient", "permanent", "temporary"];
const STRATEGIES: [&str; 3] = ["one-for-one", "rest-for-one", "one-for-all"];

/// The keys of `restart`; what is not given is as in Rust.
pub(crate) fn describe_restart(keys: &mut Keys<'_>) -> Policy {
    let usual = aqueduct_supervise::Restart::transient();
    let policy = "A stage that fails is made anew (`transient`), also one that ends well while its \
                  stream goes on (`permanent`), or the first failure ends the pipeline \
                  (`temporary`), as without `restart`.";
    let strategy = "Who is made anew with it: nobody (`one-for-one`), the stages that feed it \
                    (`rest-for-one`), or all (`one-for-all`).";
    let at_most = "How many times in a row; the next failure ends the pipeline.";
    let healthy_after = "How long a life must last to end the row.";
    Policy {
        policy: keys.choice("policy", &POLICIES, policy).or("transient"),
        strategy: keys.choice("strategy", &STRATEGIES, strategy).or("one-for-one"),
        at_most: keys.count("at_most", 1, u32::MAX.into(), at_most).or(usual.limit().into()),
        healthy_after: keys.duration("healthy_after", healthy_after).or(usual.healthy()),
    }
}

impl<'r> Reader<'r> {
    /// Reads a pipeline; `None` if it has no stages.
    pub(super) fn pipeline(
        &mut self,
        name: &Spanned<DeString<'_>>,
        value: &Found<'_>,
    ) -> Option<(Blueprint, Vec<Part>)> {
        let title = format!("pipeline `{}`", name.get_ref().escape_debug());
        let table = table_of(&title, value, NO_STAGES, &mut self.mistakes)?;
        self.mistakes.extend(unknown_keys(&title, table, &KEYS));
        self.name(name);
        let marks = table.get("watermarks").and_then(|value| self.watermarks(value));
        let marks = marks.unwrap_or(MARKS);
        let restart = table.get("restart").and_then(|value| self.restart(value));
        let kernel = table.get("kernel").is_none_or(|value| self.kernel(value));
        let stages = self.stages(&title, table, value.span())?;
        let mut drafts: Vec<_> = stages.iter().map(|stage| self.stage(stage, marks)).collect();
        name_apart(&mut drafts, &mut self.mistakes);
        let ways = Ways::of(&drafts);
        self.place(&mut drafts, &ways);
        drafts.iter_mut().for_each(|draft| self.make(draft));
        self.meet(&drafts, &ways);
        if let (Some(value), Some(_)) = (table.get("restart"), restart) {
            self.restartable(&drafts, value);
        }
        ways.inherit_arbiters(&mut drafts);
        let edges = ways.edges(&drafts, marks);
        let (blueprint, parts) = assemble(name.get_ref(), drafts, edges, restart);
        if kernel {
            return Some((blueprint, parts));
        }
        Some((blueprint, parts.into_iter().map(Part::in_user_space).collect()))
    }

    /// Says if this is no name of a pipeline.
    fn name(&mut self, name: &Spanned<DeString<'_>>) {
        if name.get_ref().is_empty() || name.get_ref().chars().any(char::is_control) {
            let message = "a pipeline is named by one line of text";
            self.say(Mistake::new(name.span(), message, "no name").help("write another name"));
        }
    }

    /// Returns the list of stages, or says that there is none.
    fn stages<'t>(
        &mut self,
        title: &str,
        table: &'t DeTable<'t>,
        at: Range<usize>,
    ) -> Option<&'t DeArray<'t>> {
        let mistake = match table.get("stage") {
            None if table.keys().any(|key| nearest(key.get_ref(), ["stage"]).is_some()) => {
                return None;
            }
            None => Mistake::new(at, format!("{title} has no stages"), "none here"),
            Some(value) => match value.get_ref() {
                DeValue::Array(stages) if (1..=MOST_STAGES).contains(&stages.len()) => {
                    return Some(stages);
                }
                DeValue::Array(stages) if stages.len() > MOST_STAGES => {
                    let message = format!("{title} has more than {MOST_STAGES} stages");
                    let mistake = Mistake::new(value.span(), message, "too many");
                    self.say(mistake.help("make several pipelines of it"));
                    return None;
                }
                DeValue::Array(_) => {
                    Mistake::new(value.span(), format!("{title} has no stages"), "none here")
                }
                other => {
                    let message = format!("`stage` of {title} is a list of stages");
                    Mistake::new(value.span(), message, format!("this is {}", told(other)))
                }
            },
        };
        self.say(mistake.help(NO_STAGES));
        None
    }

    fn restart(&mut self, value: &Found<'_>) -> Option<Restart> {
        let title = "`restart`";
        let help = "write `restart = { at_most = 3, healthy_after = \"1 min\" }`";
        let table = table_of(title, value, help, &mut self.mistakes)?;
        let mut keys = Keys::of(title, table, value.span(), self.env);
        let Policy { policy, strategy, at_most, healthy_after } = describe_restart(&mut keys);
        if policy == "temporary" {
            let others = ["strategy", "at_most", "healthy_after"];
            for name in others.into_iter().filter(|name| table.contains_key(*name)) {
                let message = format!("`temporary` never restarts, and `{name}` is about restarts");
                keys.refuse(name, message, format!("leave `{name}` out, or the policy"));
            }
        }
        self.keep(keys.finish());
        (policy != "temporary").then(|| Restart {
            permanent: policy == "permanent",
            strategy: match strategy {
                "rest-for-one" => Strategy::RestForOne,
                "one-for-all" => Strategy::OneForAll,
                _ => Strategy::OneForOne,
            },
            at_most: at_most.try_into().unwrap_or(u32::MAX),
            healthy_after_ms: healthy_after.as_millis().try_into().unwrap_or(u64::MAX),
        })
    }

    /// Returns whether bytes may stay in the kernel.
    fn kernel(&mut self, value: &Found<'_>) -> bool {
        if let DeValue::Boolean(kernel) = value.get_ref() {
            return *kernel;
        }
        let label = format!("this is {}", told(value.get_ref()));
        let mistake = Mistake::new(value.span(), "`kernel` takes true or false", label);
        self.say(mistake.help("write `kernel = false` to have bytes read and written"));
        true
    }

    /// Says which stages may not be made anew.
    fn restartable(&mut self, drafts: &[Draft<'_>], restart: &Found<'_>) {
        for draft in drafts {
            let Some((kind, body)) = draft.kind.zip(draft.body.as_ref()) else { continue };
            if let Anew::Never { why, help } = kind.anew {
                let message = format!("{} cannot be restarted: {why}", body.told());
                self.say(
                    Mistake::new(body.at.clone(), message, "this would be made anew")
                        .help(help)
                        .also(restart.span(), "asked for here"),
                );
            }
        }
    }
}

/// Makes the blueprint; a stage without a part has been said to be wrong.
fn assemble(
    name: &str,
    drafts: Vec<Draft<'_>>,
    edges: Vec<Edge>,
    restart: Option<Restart>,
) -> (Blueprint, Vec<Part>) {
    let stages = drafts.iter().map(Draft::as_stage).collect();
    let parts = drafts.into_iter().filter_map(|draft| draft.part).collect();
    (Blueprint { name: name.to_owned(), stages, edges, restart }, parts)
}
