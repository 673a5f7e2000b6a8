//! Profiles and job descriptions made from templates, the same for a seed.
//!
//! Twenty trades with skills and duties of their own; seniority, places, employers, schools and
//! languages are shared. Employers and projects have names made of syllables, so that there are rare
//! words as there are in people's texts. A text has about a hundred words.

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker::core::{Fact, JobDescription, Profile, ValueError};

use crate::trades::{DEGREES, LANGUAGES, LEVELS, PLACES, SYLLABLES, TRADES};

/// Profiles and jobs by number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct People {
    seed: u64,
}

impl People {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed }
    }

    fn rng(self, stream: u64, number: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ stream << 56);
        rng.set_stream(number);
        rng
    }

    /// The profile of a number. Its facts: `years`, `place`, `skills`, `permit`, and `lot`, a number
    /// spread evenly in `0..1`.
    pub(crate) fn profile(self, number: u64) -> Result<Profile, ValueError> {
        let mut rng = self.rng(1, number);
        let (trade, skills, duties) = &TRADES[rng.random_range(0..TRADES.len())];
        let level = rng.random_range(0..LEVELS.len());
        let place = *pick(&mut rng, &PLACES);
        let years = level as i32 * 4 + rng.random_range(1..5);
        let count = rng.random_range(4..8);
        let known: Vec<&str> = skills.sample(&mut rng, count).copied().collect();
        let mut text = format!(
            "{} {trade} based in {place} with {years} years of experience. ",
            LEVELS[level]
        );
        for _ in 0..rng.random_range(2..4) {
            let (employer, duty) = (word(&mut rng), pick(&mut rng, duties));
            let (skill, from) = (pick(&mut rng, &known), rng.random_range(1995..2025));
            text += &format!(
                "Since {from} at {employer} {}: {duty}, mostly with {skill} and {}. ",
                word(&mut rng),
                pick(&mut rng, &known)
            );
        }
        let (one, other) = (pick(&mut rng, &LANGUAGES), pick(&mut rng, &LANGUAGES));
        text += &format!("Skills: {}. ", known.join(", "));
        text += &format!(
            "Holds a {} from the school of {}. ",
            pick(&mut rng, &DEGREES),
            word(&mut rng)
        );
        text += &format!(
            "Speaks {one} and some {other}. Outside work: {} and {}.",
            word(&mut rng),
            word(&mut rng)
        );
        Profile::new(format!("candidate-{number:09}"), text)?
            .with_title(format!("{} {trade}", LEVELS[level]))
            .with_fact("years", Fact::integer(years))?
            .with_fact("place", Fact::keyword(place))?
            .with_fact("skills", Fact::keywords(known))?
            .with_fact("permit", Fact::flag(rng.random_range(0..10) > 0))?
            .with_fact("lot", Fact::Number(rng.random_range(0.0..1.0)))
    }

    /// The job description of a number, in words of its own.
    pub(crate) fn job(self, number: u64) -> Result<JobDescription, ValueError> {
        let mut rng = self.rng(2, number);
        let (trade, skills, duties) = &TRADES[rng.random_range(0..TRADES.len())];
        let level = pick(&mut rng, &LEVELS);
        let place = pick(&mut rng, &PLACES);
        let wanted: Vec<&str> = skills.sample(&mut rng, 5).copied().collect();
        let text = format!(
            "{} is looking for a {level} {trade} in {place}. You know {} and ideally {}. In this role you will have {} and {}. \
             We offer training, a fair salary and colleagues who help each other. Apply by the end of the month.",
            word(&mut rng),
            wanted[..4].join(", "),
            wanted[4],
            pick(&mut rng, duties),
            pick(&mut rng, duties),
        );
        Ok(JobDescription::new(text)?.with_title(format!("{level} {trade} in {place}")))
    }

    /// As [`Self::job`], told at such length that an encoder reads about 128 tokens.
    pub(crate) fn long_job(self, number: u64) -> Result<JobDescription, ValueError> {
        let job = self.job(number)?;
        let mut rng = self.rng(3, number);
        let mut text = job.text().to_owned();
        for _ in 0..2 {
            let (_, skills, duties) = pick(&mut rng, &TRADES);
            text += &format!(
                " With the team of {} you will have {}, and with that of {} {}. It helps if you have seen {}.",
                word(&mut rng),
                pick(&mut rng, duties),
                word(&mut rng),
                pick(&mut rng, duties),
                pick(&mut rng, skills),
            );
        }
        Ok(JobDescription::new(text)?.with_title(job.title()))
    }
}

fn pick<'a, T>(rng: &mut ChaCha8Rng, from: &'a [T]) -> &'a T {
    &from[rng.random_range(0..from.len())]
}

/// A name of two to four syllables.
fn word(rng: &mut ChaCha8Rng) -> String {
    let count = rng.random_range(2..5);
    (0..count).map(|_| *pick(rng, &SYLLABLES)).collect()
}
