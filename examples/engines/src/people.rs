//! People by number: texts of words that are as uneven as in a language, vectors in clusters.

use ranker_core::{Embedding, Fact, JobDescription, Profile, Query, ValueError};

/// The dimension of their vectors, that of common small encoders.
pub const DIMENSION: usize = 384;

const CLUSTERS: u64 = 200;
const WORDS: u64 = 20_000;

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `0..1`.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal: the sum of four even ones.
    fn normal(&mut self) -> f32 {
        (0..4).map(|_| self.share() as f32 - 0.5).sum()
    }
}

/// A word of a vocabulary in which the n-th word is about as frequent as 1/n.
fn word(random: &mut Random) -> String {
    let rank = (WORDS as f64).powf(random.share()) as u64;
    let mut letters = rank.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut word = String::new();
    for at in 0..6 {
        let set: &[u8] = if at % 2 == 0 {
            b"bdfgklmnprst"
        } else {
            b"aeiou"
        };
        word.push(char::from(set[(letters % set.len() as u64) as usize]));
        letters /= 16;
    }
    word
}

fn text(random: &mut Random, words: usize) -> String {
    (0..words)
        .map(|_| word(random))
        .collect::<Vec<_>>()
        .join(" ")
}

fn vector(random: &mut Random, cluster: u64) -> Result<Embedding, ValueError> {
    let mut center = Random(cluster.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let values = (0..DIMENSION).map(|_| center.normal() + 0.8 * random.normal());
    Embedding::normalized(values.collect())
}

/// The person of a number: 80 words, and the facts `lot` (even in `0..1`) and `skills`.
///
/// # Errors
///
/// Never: the values are what their types allow.
pub fn person(number: u64) -> Result<(Profile, Embedding), ValueError> {
    let mut random = Random(number.wrapping_mul(0xd129_42e3_1f4e_6b4d) + 1);
    let cluster = random.next() % CLUSTERS;
    let skills: Vec<String> = (0..4)
        .map(|_| format!("skill{}", random.next() % 300))
        .collect();
    let profile = Profile::new(format!("p{number:08}"), text(&mut random, 80))?
        .with_title(format!("Trade {cluster}"))
        .with_fact("lot", Fact::Number(random.share()))?
        .with_fact("skills", Fact::keywords(skills))?;
    Ok((profile, vector(&mut random, cluster)?))
}

/// The job of a number: 40 words, and a vector that nobody has.
///
/// # Errors
///
/// Never: the values are what their types allow.
pub fn job(number: u64) -> Result<Query, ValueError> {
    let mut random = Random(number.wrapping_mul(0xa076_1d64_78bd_642f) + 7);
    let cluster = random.next() % CLUSTERS;
    let job = JobDescription::new(text(&mut random, 40))?;
    Ok(Query::new(job).with_embedding(vector(&mut random, cluster)?))
}
