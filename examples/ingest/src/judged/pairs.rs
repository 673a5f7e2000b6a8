//! The pairs of a job and a real resume that are judged: a rule chooses them, without a look at the texts.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use ranker_core::{JobDescription, Profile};
use serde::Deserialize;

use crate::{Outcome, workspace};

/// What a pair may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Set {
    /// Read while the rules were mended.
    Development,
    /// Judged afterwards.
    HeldOut,
}

/// A job and a resume.
pub(crate) struct Pair {
    pub(crate) set: Set,
    pub(crate) job_id: String,
    pub(crate) job: JobDescription,
    pub(crate) resume: Profile,
    /// Whether the resume was graded for an occupation of the job's trade.
    pub(crate) graded: bool,
}

/// The occupations of O*NET whose graded resumes are of the trades of the bundled jobs, in their order.
#[rustfmt::skip]
const OCCUPATIONS: [&str; 24] = [
    "15-1252.00", "15-1252.00", "15-2051.01", "15-1242.00", "15-1299.05", "15-1255.00", "17-2141.00", "19-4031.00", "29-1141.00",
    "29-1141.00", "31-2022.00", "25-2031.00", "25-2051.00", "13-2011.00", "13-2051.00", "13-1071.00", "41-4011.00", "11-9021.00",
    "47-2111.00", "11-3071.00", "13-1161.01", "35-1011.00", "11-9081.00", "23-2011.00",
];

/// All pairs.
const PAIRS: usize = 100;

/// Of the descriptions of occupations every seventh is taken, from the fourth on, so many.
const DESCRIPTIONS: usize = 28;

#[derive(Deserialize)]
struct Text {
    #[serde(alias = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

fn texts(path: &Path) -> Outcome<Vec<Text>> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

/// The resumes graded for each occupation, the best graded first.
fn graded(path: &Path) -> Outcome<HashMap<String, Vec<String>>> {
    let mut graded: HashMap<String, Vec<(u8, String)>> = HashMap::new();
    for line in fs::read_to_string(path)?.lines().skip(1) {
        let mut cells = line.split('\t');
        let (Some(query), Some(id), Some(grade)) = (cells.next(), cells.next(), cells.next())
        else {
            return Err(format!("{}: no three columns: {line}", path.display()).into());
        };
        let of_query = graded.entry(query.to_owned()).or_default();
        of_query.push((grade.parse()?, id.to_owned()));
    }
    for resumes in graded.values_mut() {
        resumes.sort_by_key(|(grade, _)| std::cmp::Reverse(*grade));
    }
    let ids = |(query, resumes): (String, Vec<(u8, String)>)| {
        (query, resumes.into_iter().map(|(_, id)| id).collect())
    };
    Ok(graded.into_iter().map(ids).collect())
}

/// What a rule draws resumes from.
struct Drawing {
    graded: HashMap<String, Vec<String>>,
    /// The resumes as they are, and without their headlines and titles.
    whole: Vec<Text>,
    untitled: Vec<Text>,
    drawn: HashSet<usize>,
}

impl Drawing {
    /// The best graded resume of an occupation that was not drawn yet; where there is none, or none is wanted, the next
    /// one from this pair's place in the corpus.
    fn draw(&mut self, occupation: Option<&str>) -> (usize, bool) {
        let of_occupation = occupation.and_then(|occupation| self.graded.get(occupation));
        let place = |id: &String| self.whole.iter().position(|text| text.id == *id);
        let mut best = of_occupation.into_iter().flatten().filter_map(place);
        let best = best.find(|at| !self.drawn.contains(at));
        let count = self.whole.len();
        let from = self.drawn.len() * count / PAIRS;
        let mut others = (from..from + count).map(|at| at % count);
        let drawn = best.or_else(|| others.find(|at| !self.drawn.contains(at)));
        let drawn = drawn.unwrap_or_default();
        self.drawn.insert(drawn);
        (drawn, best.is_some())
    }
}

/// The pairs, from a folder with `resume-onet-title` and `resume-onet-jd`.
///
/// Each bundled job with the two best graded resumes of its trade and one by its place; each seventh description with
/// the best graded resume, or one by its place, two and two in turn. Every other job is held out with its resumes, and
/// no resume is in two pairs.
pub(crate) fn pairs(folder: &Path) -> Outcome<Vec<Pair>> {
    let (titled, described) = (
        folder.join("resume-onet-title"),
        folder.join("resume-onet-jd"),
    );
    let jobs = texts(&workspace().join("data/bundled/jobs.jsonl"))?;
    let descriptions = texts(&described.join("queries.jsonl"))?;
    let mut drawing = Drawing {
        graded: graded(&described.join("qrels.tsv"))?,
        whole: texts(&titled.join("corpus.jsonl"))?,
        untitled: texts(&described.join("corpus.jsonl"))?,
        drawn: HashSet::new(),
    };
    let mut pairs = Vec::new();
    for (at, (job, occupation)) in jobs.iter().zip(OCCUPATIONS).enumerate() {
        for occupation in [Some(occupation), Some(occupation), None] {
            let (resume, is_graded) = drawing.draw(occupation);
            pairs.push(pair(at, job, &drawing.whole[resume], is_graded)?);
        }
    }
    let described = descriptions.iter().skip(3).step_by(7).take(DESCRIPTIONS);
    for (at, job) in described.enumerate() {
        let occupation = (at % 4 < 2).then_some(job.id.as_str());
        let (resume, is_graded) = drawing.draw(occupation);
        pairs.push(pair(at, job, &drawing.untitled[resume], is_graded)?);
    }
    Ok(pairs)
}

fn pair(at: usize, job: &Text, resume: &Text, graded: bool) -> Outcome<Pair> {
    let set = match at % 2 {
        0 => Set::Development,
        _ => Set::HeldOut,
    };
    Ok(Pair {
        set,
        job_id: job.id.clone(),
        job: JobDescription::new(job.text.as_str())?.with_title(job.title.as_str()),
        resume: Profile::new(resume.id.as_str(), resume.text.as_str())?,
        graded,
    })
}
