//! Whether each stage stands where one of its kind can.

use aqueduct_pipeline::blueprint::Role;

use super::{
    Reader,
    draft::{Body, Draft},
    ways::Ways,
};
use crate::{Kind, keys::unknown_keys, mistake::Mistake, near::list};

/// Where a stage stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Middle,
    Last,
    Alone,
}

impl Place {
    fn of(ways: &Ways, stage: usize) -> Self {
        match (!ways.before[stage].is_empty(), ways.leads_on(stage)) {
            (false, true) => Self::First,
            (true, true) => Self::Middle,
            (true, false) => Self::Last,
            (false, false) => Self::Alone,
        }
    }

    fn fits(self, role: Role) -> bool {
        match self {
            Self::First => role == Role::Producer,
            Self::Middle => matches!(role, Role::Transform | Role::Stage),
            Self::Last => role == Role::Consumer,
            Self::Alone => false,
        }
    }

    /// The role of a stage of which nothing else is known.
    const fn role(self) -> Role {
        match self {
            Self::First => Role::Producer,
            Self::Middle => Role::Transform,
            Self::Last | Self::Alone => Role::Consumer,
        }
    }
}

impl Reader<'_> {
    /// Chooses the kind of each stage by its place.
    pub(super) fn place(&mut self, drafts: &mut [Draft<'_>], ways: &Ways) {
        for (stage, draft) in drafts.iter_mut().enumerate() {
            let place = Place::of(ways, stage);
            draft.role = place.role();
            let kinds = draft.body.iter().flat_map(|body| &body.kinds);
            let fitting = kinds.copied().find(|kind| place.fits(kind.role));
            draft.role = fitting.map_or(draft.role, |kind| kind.role);
        }
        let wrong_ways = ways.mistakes(drafts);
        // Where the ways are wrong, nobody knows which place was meant.
        if wrong_ways.is_empty() {
            self.misplaced(drafts, ways);
        }
        self.mistakes.extend(wrong_ways);
        for (stage, draft) in drafts.iter_mut().enumerate() {
            self.choose(draft, Place::of(ways, stage));
        }
    }

    /// Says which stages stand where they cannot.
    fn misplaced(&mut self, drafts: &[Draft<'_>], ways: &Ways) {
        let before = self.mistakes.len();
        for (stage, draft) in drafts.iter().enumerate() {
            let place = Place::of(ways, stage);
            let fits = |body: &Body<'_>| body.kinds.iter().any(|kind| place.fits(kind.role));
            if let Some(body) = draft.body.as_ref().filter(|body| !fits(body)) {
                let (message, help) = self.misplacement(drafts, ways, stage, body);
                let help = self.other_form(body, place).unwrap_or(help);
                self.say(
                    Mistake::new(body.at.clone(), message, "this cannot stand here").help(help),
                );
            }
            let marks_at = draft.boundary.as_ref().and_then(|boundary| boundary.marks_at.clone());
            if let Some(at) = marks_at.filter(|_| place == Place::First) {
                let message = format!("there is no link before `{}`", draft.name);
                let mistake = Mistake::new(at, message, "marks of nothing");
                self.say(mistake.help("give these marks to the stage behind it"));
            }
        }
        let mut begins = (0..drafts.len()).filter(|stage| ways.before[*stage].is_empty());
        let two = begins.next().zip(begins.next());
        if let Some((first, second)) = two.filter(|_| self.mistakes.len() == before) {
            self.say(two_chains(&drafts[first], &drafts[second]));
        }
    }

    /// Returns why a stage cannot stand where it does, and what to do about it.
    fn misplacement(
        &self,
        drafts: &[Draft<'_>],
        ways: &Ways,
        stage: usize,
        body: &Body<'_>,
    ) -> (String, String) {
        let told = body.told();
        let role = body.kinds.first().map_or(Role::Transform, |kind| kind.role);
        let name = |stage: Option<&usize>| stage.map_or("", |stage| &drafts[*stage].name);
        match (role, Place::of(ways, stage)) {
            (_, Place::Alone) => {
                let [begin, end] = [Role::Producer, Role::Consumer].map(|role| self.words(role));
                (format!("{told} stands alone"), format!("begin with {begin}, and end with {end}"))
            }
            (Role::Producer, _) => {
                let before = name(ways.before[stage].first());
                let message = format!("{told} takes nothing, and `{before}` leads to it");
                (message, "put it first, or in a pipeline of its own".into())
            }
            (Role::Consumer, _) => {
                let next = name(ways.next[stage].as_ref());
                let message = format!("{told} gives nothing, and is to lead to `{next}`");
                (message, "put it last, or take it out".into())
            }
            (_, Place::First) => {
                let message = format!("{told} is first, and no stage gives it anything");
                (message, format!("put one before it that does: {}", self.words(Role::Producer)))
            }
            _ => {
                let message = format!("{told} is last, and no stage takes what it gives");
                (message, format!("put one behind it that does: {}", self.words(Role::Consumer)))
            }
        }
    }

    fn words(&self, role: Role) -> String {
        list(self.registry.words_of(role), "or")
    }

    /// The keys with which the same word could stand there.
    fn other_form(&self, body: &Body<'_>, place: Place) -> Option<String> {
        let kinds = self.registry.of(body.word).into_iter();
        let mains: Vec<_> =
            kinds.filter(|kind| place.fits(kind.role)).filter_map(Kind::main_key).collect();
        let (word, mains) = (body.word, (!mains.is_empty()).then_some(mains)?);
        Some(format!("here, `{word}` takes {}", list(mains, "or")))
    }

    /// Chooses the one kind whose keys are read.
    fn choose(&mut self, draft: &mut Draft<'_>, place: Place) {
        let Some(body) = &mut draft.body else { return };
        if body.kinds.iter().any(|kind| place.fits(kind.role)) {
            body.kinds.retain(|kind| place.fits(kind.role));
        }
        let mains = body.mains();
        if mains.len() > 1 {
            self.undecided(body, mains);
            return;
        }
        draft.kind = body.kinds.first().copied();
    }

    /// Says that none of the keys is there of which one must be.
    fn undecided(&mut self, body: &Body<'_>, mains: Vec<&'static str>) {
        let keys = body.kinds.iter().flat_map(|kind| &kind.keys).map(|key| key.name);
        let keys: Vec<_> = keys.collect();
        let unknown = unknown_keys(&body.told(), body.keys, &keys);
        if unknown.is_empty() {
            let message = format!("{} needs one of {}", body.told(), list(mains, "and"));
            self.say(
                Mistake::new(body.at.clone(), message, "none is here").help("add one of them"),
            );
        }
        self.mistakes.extend(unknown);
    }
}

fn two_chains(first: &Draft<'_>, second: &Draft<'_>) -> Mistake {
    let message = format!("`{}` begins a second chain of stages", second.name);
    Mistake::new(second.at.clone(), message, "the second beginning")
        .help("give it a pipeline of its own: `[[pipeline.NAME.stage]]`")
        .also(first.at.clone(), "the first beginning")
}
