//! What other names, pronouns, addresses and spaces do to rankings, read blind and read whole.

use std::fmt::Write as _;
use std::sync::Arc;

use ranker::core::Embedder;
use ranker::retrieve::ProfileIndex;
use ranker::xai::audit::{Served, Swap};
use ranker::{JobDescription, Profile, Ranker, Reading};
use ranker_examples::{Outcome, Progress};

/// First and last names that are usual among a group, in the manner of Bertrand and Mullainathan 2004; nobody is meant.
struct Group {
    name: &'static str,
    first: [&'static str; 5],
    last: [&'static str; 5],
}

const GROUPS: [Group; 5] = [
    Group {
        name: "Anglo, male",
        first: ["Greg", "Brad", "Todd", "Neil", "Geoffrey"],
        last: ["Walsh", "Murphy", "Sullivan", "McCarthy", "O'Brien"],
    },
    Group {
        name: "Anglo, female",
        first: ["Emily", "Meredith", "Kristen", "Allison", "Laurie"],
        last: ["Walsh", "Murphy", "Sullivan", "McCarthy", "O'Brien"],
    },
    Group {
        name: "Black, female",
        first: ["Lakisha", "Tanisha", "Latoya", "Ebony", "Keisha"],
        last: ["Washburn", "Robinson", "Jefferson", "Booker", "Williams"],
    },
    Group {
        name: "Indian, male",
        first: ["Rajesh", "Sanjay", "Vikram", "Arjun", "Deepak"],
        last: ["Sharma", "Venkataraman", "Iyer", "Mukherjee", "Reddy"],
    },
    Group {
        name: "Arabic, male",
        first: ["Mohammed", "Khalid", "Youssef", "Tariq", "Omar"],
        last: ["Haddad", "al-Masri", "Mansour", "Nasser", "Khoury"],
    },
];

/// A resume's head and closing sentence.
#[derive(Clone, Copy)]
struct Person {
    group: usize,
    pronoun: &'static str,
    address: &'static str,
    edited: bool,
}

const FIRST: Person = Person {
    group: 0,
    pronoun: "He",
    address: "12 Main Street\nSpringfield, IL 62704",
    edited: false,
};

/// What is changed of everyone, and how they then are.
fn changes() -> Vec<(String, Person)> {
    let groups = (1..GROUPS.len()).map(|group| {
        let changed = format!("names, {} to {}", GROUPS[0].name, GROUPS[group].name);
        (changed, Person { group, ..FIRST })
    });
    let pronoun = Person {
        pronoun: "She",
        ..FIRST
    };
    let address = Person {
        address: "4 rue de la Paix\n75002 Paris",
        ..FIRST
    };
    let edited = Person {
        edited: true,
        ..FIRST
    };
    let others = [
        ("pronouns, he to she", pronoun),
        ("addresses", address),
        ("spaces, and order of contact lines", edited),
    ];
    groups
        .chain(others.map(|(name, person)| (name.to_owned(), person)))
        .collect()
}

impl Person {
    /// A profile's text under this head; the `at`-th of the pool.
    fn over(self, profile: &Profile, at: usize, reading: Reading) -> Outcome<Profile> {
        let group = &GROUPS[self.group];
        let (first, last) = (group.first[at % 5], group.last[at / 5 % 5]);
        let mail = format!("{}.{at}@example.com", first.to_lowercase());
        let phone = format!("(555) 010-{:04}", at % 10_000);
        let (one, other, gap) = match self.edited {
            false => (mail, phone, "\n"),
            true => (phone, mail, " \n\n"),
        };
        let Self {
            pronoun, address, ..
        } = self;
        let head = [format!("{first} {last}"), address.to_owned(), one, other].join(gap);
        let text = format!(
            "{head}{gap}{}\n{}\n{pronoun} is ready to start.",
            profile.title(),
            profile.text()
        );
        let named = Profile::new(profile.id().as_str(), text)?.read_as(reading);
        Ok(named.with_facts(profile.facts().clone()))
    }
}

/// The table of all changes, read blind and read whole.
pub(crate) fn table(
    encoder: &Arc<dyn Embedder>,
    people: &[Profile],
    jobs: &[JobDescription],
) -> Outcome<String> {
    let mut table = format!(
        "{} people, {} jobs{:29}mean shift  largest   overlap  first place changed\n",
        people.len(),
        jobs.len(),
        ""
    );
    let changes = changes();
    let mut progress = Progress::new("ranking changed people", 2 * (changes.len() + 1));
    let mut done = 0;
    for reading in [Reading::Blind, Reading::Whole] {
        let mut rank = |person: Person| {
            done += 1;
            progress.reach(done);
            let changed = people.iter().enumerate();
            let changed = changed.map(|(at, profile)| person.over(profile, at, reading));
            ranked(encoder, changed.collect::<Outcome<_>>()?, jobs, reading)
        };
        let before = rank(FIRST)?;
        for (name, person) in &changes {
            let swap = Swap::of(&before, &rank(*person)?)?;
            writeln!(
                table,
                "{:6} {name:42} {:10.6} {:8.4} {:9.4}  {:5.1} %",
                reading.to_string(),
                swap.mean_shift,
                swap.largest_shift,
                swap.overlap,
                100.0 * swap.flips as f64 / swap.rankings as f64
            )?;
        }
    }
    progress.finish();
    Ok(table)
}

/// Every job's ranking over a pool.
fn ranked(
    encoder: &Arc<dyn Embedder>,
    people: Vec<Profile>,
    jobs: &[JobDescription],
    reading: Reading,
) -> Outcome<Vec<Served>> {
    let index = ProfileIndex::embed(people, encoder)?;
    let ranker = Ranker::builder(Arc::clone(encoder), index);
    let ranker = ranker.reading(reading).top_k(100).build()?;
    let served = jobs
        .iter()
        .map(|job| Ok(Served::from(&pollster::block_on(ranker.rank(job))?)));
    served.collect()
}
