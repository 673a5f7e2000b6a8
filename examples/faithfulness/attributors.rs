//! What says which segments of a profile a score rests on.

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pollster::block_on;
use ranker::core::{
    Candidate, Contributions, Embedder, FeatureMatrix, FeatureSchema, FeatureSpec, Hit, Role,
    Score, ScoreError, Scorer,
};
use ranker::xai::{Aligner, Alignment, Baseline, Division, Segment, Shapley};
use ranker::{Profile, Ranked, Ranker, Reading};
use ranker_examples::Outcome;

/// An attributor: what the table calls it, and whether the encoder runs for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attributor {
    /// The rationale of an account, weightiest first; the others come in the order of the text.
    Rationale,
    /// The closest passages of an account, clearest first; the others come in the order of the text.
    Closest,
    /// Each segment, encoded alone, beside the job.
    Alone,
    Tokens(Division),
    /// The words of an account, weightiest first; the others come in the order of the text. Words are the segments then.
    RationaleWords,
    /// As the tokens, by words.
    Words(Division),
    /// The ranker's own score without each segment.
    LeaveOneOut,
    /// Shapley values of the ranker's own score, over so many pairs of orders.
    Shapley(usize),
}

impl Attributor {
    pub(crate) const FREE: [Self; 6] = [
        Self::Rationale,
        Self::Closest,
        Self::Alone,
        Self::Tokens(Division::Terms),
        Self::Tokens(Division::Removal),
        Self::Tokens(Division::Shapley),
    ];

    /// By words, out of the token vectors.
    pub(crate) const WORDS: [Self; 4] = [
        Self::RationaleWords,
        Self::Words(Division::Terms),
        Self::Words(Division::Removal),
        Self::Words(Division::Shapley),
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rationale => "rationale",
            Self::Closest => "closest passages",
            Self::Alone => "segment alone, cosine",
            Self::RationaleWords => "words of an account",
            Self::Words(Division::Terms) => "words, terms of MaxSim",
            Self::Words(Division::Removal) => "words, removal",
            Self::Words(_) => "words, Shapley",
            Self::Tokens(Division::Terms) => "terms of MaxSim",
            Self::Tokens(Division::Removal) => "removal, token vectors",
            Self::Tokens(_) => "Shapley, token vectors",
            Self::LeaveOneOut => "removal, encoder run",
            Self::Shapley(_) => "Shapley, encoder run",
        }
    }
}

/// A candidate's text in segments.
pub(crate) struct Parts<'r> {
    pub(crate) ranked: &'r Ranked,
    pub(crate) text: &'r str,
    pub(crate) segments: Vec<Segment>,
    pub(crate) by_words: bool,
}

impl<'r> Parts<'r> {
    /// Each word a segment.
    pub(crate) fn words(ranked: &'r Ranked) -> Self {
        let text = ranked.candidate.profile().plain_text();
        Self {
            ranked,
            text,
            segments: ranker::xai::words(text),
            by_words: true,
        }
    }

    /// Of another text, in segments as these.
    pub(crate) fn like<'o>(&self, ranked: &'o Ranked) -> Parts<'o> {
        match self.by_words {
            true => Parts::words(ranked),
            false => Parts::of(ranked),
        }
    }

    pub(crate) fn of(ranked: &'r Ranked) -> Self {
        let text = ranked.candidate.profile().plain_text();
        Self {
            ranked,
            text,
            segments: ranker::xai::segments(text),
            by_words: false,
        }
    }

    /// The text of the segments that are kept; neighbours keep what stands between them.
    pub(crate) fn kept(&self, mask: &[bool]) -> String {
        let mut text = String::new();
        let mut last: Option<usize> = None;
        for (at, segment) in self.segments.iter().enumerate() {
            if !mask[at] {
                continue;
            }
            match last {
                Some(before) if before + 1 == at => {
                    text.push_str(&self.text[self.segments[before].bytes.end..segment.bytes.start]);
                }
                Some(_) => text.push(if self.by_words { ' ' } else { '\n' }),
                None => {}
            }
            text.push_str(&self.text[segment.bytes.clone()]);
            last = Some(at);
        }
        text
    }

    /// The same candidate with another text, as if that had been read.
    pub(crate) fn with_text(&self, text: String) -> Outcome<Ranked> {
        let profile = self.ranked.candidate.profile();
        let changed = Profile::new(profile.id().as_str(), text)?.read_as(Reading::Whole);
        let changed = changed.with_title(profile.plain_title());
        let changed = changed.with_facts(profile.facts().clone());
        // Without the token vectors of the text as it was.
        let before = self.ranked.candidate.hit();
        let hit = Hit::new(before.id().clone(), before.score());
        let hit = before
            .legs()
            .iter()
            .fold(hit, |hit, leg| hit.with_leg(leg.clone()));
        let mut ranked = self.ranked.clone();
        ranked.candidate = Candidate::new(hit, Arc::new(changed));
        Ok(ranked)
    }
}

/// What attributions are made with.
pub(crate) struct Tools<'a> {
    pub(crate) ranker: &'a Ranker,
    pub(crate) embedder: Arc<dyn Embedder>,
}

impl Tools<'_> {
    /// The ranker's own scores of shortened texts.
    pub(crate) fn scores(&self, parts: &Parts<'_>, masks: &[Vec<bool>]) -> Outcome<Vec<f64>> {
        let texts: Vec<String> = masks.iter().map(|mask| parts.kept(mask)).collect();
        let scores = block_on(self.ranker.scores_of_texts(parts.ranked, &texts))?;
        Ok(scores.into_iter().map(Score::get).collect())
    }

    /// A number a segment, for each of some candidates of one job, and how long that took.
    pub(crate) fn attributions(
        &self,
        attributor: Attributor,
        all: &[Parts<'_>],
    ) -> Outcome<(Vec<Vec<f64>>, Duration)> {
        let started = Instant::now();
        let made = match attributor {
            Attributor::Rationale => self.shown(all, |alignment| {
                let rationale = alignment.rationale.iter();
                rationale.map(|one| one.passage.clone()).collect()
            })?,
            Attributor::RationaleWords => self.shown(all, |alignment| {
                let words = alignment.words.iter();
                words.map(|one| one.passage.clone()).collect()
            })?,
            Attributor::Closest => self.shown(all, |alignment| {
                let matches = alignment.matches.iter();
                matches.map(|one| one.passage.clone()).collect()
            })?,
            Attributor::Alone => self.alone(all)?,
            Attributor::Tokens(division) => self.tokens(all, (division, false))?,
            Attributor::Words(division) => self.tokens(all, (division, true))?,
            Attributor::LeaveOneOut => {
                let each = all.iter().map(|parts| self.leave_one_out(parts));
                each.collect::<Outcome<_>>()?
            }
            Attributor::Shapley(pairs) => {
                let each = all.iter().map(|parts| self.shapley(parts, pairs));
                each.collect::<Outcome<_>>()?
            }
        };
        Ok((made, started.elapsed()))
    }

    /// What an account shows, in the order in which it does: the first has the greatest number.
    fn shown(
        &self,
        all: &[Parts<'_>],
        passages: impl Fn(&Alignment) -> Vec<Range<usize>>,
    ) -> Outcome<Vec<Vec<f64>>> {
        let ranked: Vec<Ranked> = all.iter().map(|parts| parts.ranked.clone()).collect();
        let alignments = Aligner::new(self.embedder.clone()).align(&ranked)?;
        let of = |(parts, alignment): (&Parts<'_>, &Alignment)| {
            let profile = parts.ranked.candidate.profile();
            let mut values = vec![0.0; parts.segments.len()];
            let shown = passages(alignment);
            for (at, passage) in shown.iter().enumerate() {
                // A word is shown without the punctuation that its segment has.
                let place = parts.segments.iter().position(|one| {
                    let written = profile.written_at(one.bytes.clone());
                    written.start <= passage.start && passage.end <= written.end
                });
                if let Some(place) = place {
                    values[place] = (shown.len() - at) as f64;
                }
            }
            values
        };
        Ok(all.iter().zip(&alignments).map(of).collect())
    }

    fn alone(&self, all: &[Parts<'_>]) -> Outcome<Vec<Vec<f64>>> {
        all.iter().map(|parts| self.alone_of(parts)).collect()
    }

    fn alone_of(&self, parts: &Parts<'_>) -> Outcome<Vec<f64>> {
        let Some(job) = parts.ranked.query.embedding() else {
            return Err("the job has no embedding".into());
        };
        let texts = parts
            .segments
            .iter()
            .map(|segment| &parts.text[segment.bytes.clone()]);
        let texts: Vec<&str> = texts.collect();
        let embedded = self.embedder.embed(&texts, Role::Document)?.into_iter();
        let cosines = embedded.map(|embedded| Ok(f64::from(job.cosine(&embedded.embedding)?)));
        cosines.collect()
    }

    /// Out of the token vectors, by words or by passages.
    fn tokens(
        &self,
        all: &[Parts<'_>],
        (division, by_words): (Division, bool),
    ) -> Outcome<Vec<Vec<f64>>> {
        let ranked: Vec<Ranked> = all.iter().map(|parts| parts.ranked.clone()).collect();
        let aligner = Aligner::new(self.embedder.clone());
        let divided = match by_words {
            true => aligner.words(&ranked, division)?,
            false => aligner.passages(&ranked, division)?,
        };
        let parts = |divided: Vec<ranker::xai::PassagePart>| {
            divided.into_iter().map(|one| one.part).collect()
        };
        Ok(divided.into_iter().map(parts).collect())
    }

    fn leave_one_out(&self, parts: &Parts<'_>) -> Outcome<Vec<f64>> {
        let count = parts.segments.len();
        let mut masks = vec![vec![true; count]];
        masks.extend((0..count).map(|at| (0..count).map(|other| other != at).collect()));
        let scores = self.scores(parts, &masks)?;
        Ok(scores[1..].iter().map(|score| scores[0] - score).collect())
    }

    /// The library's own Shapley values, with the segments as features that are there or not.
    fn shapley(&self, parts: &Parts<'_>, pairs: usize) -> Outcome<Vec<f64>> {
        let count = parts.segments.len();
        let spec = |at: usize| FeatureSpec::new(format!("segment {at}"), "a segment", 0.0..=1.0);
        let schema = Arc::new(FeatureSchema::new((0..count).map(spec).collect())?);
        let game = Game {
            tools: self,
            parts,
            schema: schema.clone(),
            failed: Mutex::new(None),
        };
        let whole = FeatureMatrix::new(schema, vec![1.0; count])?;
        let shapley = Shapley::new(Baseline::Absent).with_pairs(pairs);
        let split = shapley.contributions(&game, &whole);
        if let Some(error) = game.failed.into_inner().unwrap_or_default() {
            return Err(error.into());
        }
        Ok(split?.swap_remove(0).parts)
    }
}

/// The ranker's score of the segments that are there.
struct Game<'g> {
    tools: &'g Tools<'g>,
    parts: &'g Parts<'g>,
    schema: Arc<FeatureSchema>,
    /// Why the ranker gave no score, which a scorer's error has no room for.
    failed: Mutex<Option<String>>,
}

impl Scorer for Game<'_> {
    fn model_id(&self) -> &str {
        "the ranker"
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn score(&self, rows: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        let masks = rows
            .rows()
            .map(|row| row.iter().map(|&value| value > 0.0).collect());
        let masks: Vec<Vec<bool>> = masks.collect();
        // Of nothing there is no score; what stays least is the first segment.
        let masks: Vec<Vec<bool>> = masks.into_iter().map(never_nothing).collect();
        let scores = self
            .tools
            .scores(self.parts, &masks)
            .unwrap_or_else(|error| {
                if let Ok(mut failed) = self.failed.lock() {
                    *failed = Some(error.to_string());
                }
                vec![0.0; masks.len()]
            });
        let score = |(row, score): (usize, f64)| {
            Score::new(score).map_err(|source| ScoreError::Output { row, source })
        };
        scores.into_iter().enumerate().map(score).collect()
    }

    fn contributions(&self, _: &FeatureMatrix) -> Result<Vec<Contributions>, ScoreError> {
        Err(ScoreError::NotAdditive {
            model: self.model_id().to_owned(),
        })
    }
}

fn never_nothing(mut mask: Vec<bool>) -> Vec<bool> {
    if !mask.contains(&true)
        && let Some(first) = mask.first_mut()
    {
        *first = true;
    }
    mask
}
