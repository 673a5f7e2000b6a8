//! What would have to be otherwise for a candidate to stand higher.

use std::sync::Arc;

use ranker_core::{
    Candidate, CandidateId, Profile, Query, Ranking, Reading, Score, Scorer, ValueError, compute,
};
use ranker_xai::changes::{
    Change, ChangeNames, Goal, Reached, SmallestChanges, levers, smallest_changes,
};

use crate::contrast::ranked;
use crate::copied::reread;
use crate::error::Error;
use crate::ranker::Ranker;
use crate::stages::Stages;
use crate::why_not::{found, place};

impl Ranker {
    /// The smallest changes of job-related facts with which a candidate would reach a place of a ranking: years of
    /// work, skills, languages, the degree and the level in the title, as far as the job asks for them. Nothing else can
    /// be changed here.
    ///
    /// Each set of changes is verified: the changed profile is encoded, measured and scored anew, and placed among the
    /// others of the ranking. It has the facts as changed, and a sentence for each near the beginning of what is read of
    /// its text, so that what reads facts and what reads text see one person. Not modelled: the rest of the text, and keyword scores, which
    /// only an index knows; they stay as they were. Somebody whom the ranking does not hold is taken as retrieved.
    ///
    /// It tells what the ranking rests on. It is no advice to state what is not so.
    ///
    /// ```no_run
    /// # async fn show(ranker: ranker::Ranker, ranking: ranker::Ranking) -> Result<(), ranker::Error> {
    /// use ranker::xai::changes::Goal;
    ///
    /// let second = ranking.as_slice()[1].id();
    /// println!("{}", ranker.smallest_changes(&ranking, second, &Goal::place(1)).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchPlace`], [`Error::UnknownCandidate`], and those of [`Self::rank`] and [`Self::explain`].
    pub async fn smallest_changes(
        &self,
        ranking: &Ranking,
        id: &CandidateId,
        goal: &Goal,
    ) -> Result<SmallestChanges, Error> {
        place(ranking, goal.place)?;
        let query = Arc::clone(ranking.query());
        let candidate = match ranked(ranking, id) {
            Some(ranked) => Some(ranked.candidate.clone()),
            None => found(self.stages(), &query, id).await?,
        };
        let search = Search {
            stages: Arc::clone(self.stages()),
            scorer: self.stages().scorer_of(ranking.model())?,
            candidate: candidate.ok_or_else(|| Error::UnknownCandidate { id: id.clone() })?,
            others: others(ranking, id),
            names: goal.names.clone(),
            query,
        };
        let goal = goal.clone();
        compute(move || search.run(&goal)).await
    }
}

/// Everybody else of the ranking, best first.
fn others(ranking: &Ranking, id: &CandidateId) -> Vec<(Score, CandidateId)> {
    let others = ranking.iter().filter(|ranked| ranked.id() != id);
    others
        .map(|ranked| (ranked.score, ranked.id().clone()))
        .collect()
}

/// One candidate among others, to be scored with changes.
struct Search {
    stages: Arc<Stages>,
    scorer: Arc<dyn Scorer>,
    query: Arc<Query>,
    candidate: Candidate,
    others: Vec<(Score, CandidateId)>,
    names: ChangeNames,
}

impl Search {
    fn run(&self, goal: &Goal) -> Result<SmallestChanges, Error> {
        let (job, profile) = (self.query.job(), &**self.candidate.profile());
        let assessments = match &self.stages.assessor {
            Some(assessor) => {
                let assessed = assessor.assess(job, &[profile]).map_err(Error::Explain)?;
                assessed.into_iter().next().unwrap_or_default()
            }
            None => Vec::new(),
        };
        let levers = levers(job, profile, &assessments, &self.names);
        smallest_changes(&levers, goal, |sets| self.reached(sets))
    }

    /// Where the candidate stands with each of these sets of changes; `None` where the job's filter leaves it out.
    fn reached(&self, sets: &[Vec<Change>]) -> Result<Vec<Option<Reached>>, Error> {
        let mut passing = Vec::with_capacity(sets.len());
        let mut changed = Vec::with_capacity(sets.len());
        for set in sets {
            let profile = changed_profile(self.candidate.profile(), set, &self.names);
            let profile = Arc::new(profile.map_err(Error::Changed)?);
            let passes = self.query.job().filter().matches(profile.facts());
            passing.push(passes);
            if passes {
                changed.push((0, profile));
            }
        }
        let mut reached = self.scored(&changed)?.into_iter();
        let reached = passing.into_iter().map(|passes| match passes {
            true => reached.next(),
            false => None,
        });
        Ok(reached.collect())
    }

    fn scored(&self, changed: &[(usize, Arc<Profile>)]) -> Result<Vec<Reached>, Error> {
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let reread = reread(
            &*self.stages.embedder,
            std::slice::from_ref(&self.candidate),
            changed,
        )?;
        let candidates = reread.into_iter().zip(changed);
        let candidates = candidates.map(|(reread, (_, profile))| {
            let hit = reread.apply(self.candidate.hit().clone(), &self.query)?;
            Ok(Candidate::new(hit, Arc::clone(profile)))
        });
        let candidates = candidates.collect::<Result<Vec<_>, Error>>()?;
        let rows = self.stages.features.extract(&self.query, &candidates);
        let scores = self.scorer.score(&rows.map_err(Error::Features)?);
        let scores = scores.map_err(Error::Score)?;
        Ok(scores.into_iter().map(|score| self.placed(score)).collect())
    }

    fn placed(&self, score: Score) -> Reached {
        let own = (score, self.candidate.id());
        let better = self
            .others
            .iter()
            .filter(|(score, id)| Score::best_first((*score, id), own).is_lt());
        Reached {
            place: better.count() + 1,
            score,
        }
    }
}

/// The profile with these changes: its facts, its headline, and a sentence for each near the beginning of what is read
/// of its text.
///
/// Near the beginning, since encoders read no more than that of a long text; what is read, since that is without what
/// does not count.
fn changed_profile(
    profile: &Profile,
    changes: &[Change],
    names: &ChangeNames,
) -> Result<Profile, ValueError> {
    let mut facts = profile.facts().clone();
    let mut title = profile.plain_title();
    let mut sentences = Vec::new();
    for change in changes {
        change.apply(&mut facts, names)?;
        sentences.push(change.sentence());
        if let Change::Seniority { to, .. } = change {
            title = to;
        }
    }
    sentences.retain(|sentence| !sentence.is_empty());
    let text = with_line(profile, &sentences.join(" "));
    // All of that: it is what was read.
    let changed = Profile::new(profile.id().as_str(), text)?.read_as(Reading::Whole);
    Ok(changed.with_title(title).with_facts(facts))
}

/// What is read of a profile with a line more: the first, or the second where the first stands for a headline.
fn with_line(profile: &Profile, line: &str) -> String {
    let text = profile.plain_text();
    match (line, profile.plain_title(), text.split_once('\n')) {
        ("", _, _) => text.to_owned(),
        (_, "", Some((first, rest))) => format!("{first}\n{line}\n{rest}"),
        (_, "", None) => format!("{text}\n{line}"),
        _ => format!("{line}\n{text}"),
    }
}
