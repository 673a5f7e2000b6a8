//! Profiles and job descriptions made from templates, the same for a seed.
//!
//! Twenty trades with skills and duties of their own; seniority, places, employers, schools and
//! languages are shared. Employers and projects have names made of syllables, so that there are rare
//! words as there are in people's texts. A text has about a hundred words.

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker::core::{Fact, JobDescription, Profile, ValueError};

/// A trade: its name, its skills, and what one does in it.
type Trade = (&'static str, [&'static str; 10], [&'static str; 5]);

const TRADES: [Trade; 20] = [
    (
        "backend engineer",
        [
            "rust",
            "go",
            "postgresql",
            "kafka",
            "grpc",
            "kubernetes",
            "redis",
            "linux",
            "terraform",
            "observability",
        ],
        [
            "designed services that answer millions of requests",
            "moved a monolith to services",
            "tuned slow queries and indexes",
            "kept the on-call rota calm",
            "wrote libraries that other teams build on",
        ],
    ),
    (
        "frontend engineer",
        [
            "typescript",
            "react",
            "css",
            "accessibility",
            "webpack",
            "graphql",
            "testing",
            "figma",
            "performance",
            "storybook",
        ],
        [
            "built the customer portal",
            "made pages load in half the time",
            "introduced a design system",
            "tested with screen readers",
            "replaced an ageing single page application",
        ],
    ),
    (
        "data scientist",
        [
            "python",
            "pandas",
            "statistics",
            "pytorch",
            "sql",
            "forecasting",
            "experimentation",
            "spark",
            "visualisation",
            "causal inference",
        ],
        [
            "forecast demand for a thousand shops",
            "ran controlled experiments",
            "trained models that rank offers",
            "explained results to managers",
            "cleaned years of sensor data",
        ],
    ),
    (
        "machine learning engineer",
        [
            "pytorch",
            "transformers",
            "onnx",
            "cuda",
            "mlops",
            "retrieval",
            "embeddings",
            "python",
            "feature stores",
            "evaluation",
        ],
        [
            "served encoders at low latency",
            "distilled a large model",
            "measured relevance with judgements",
            "built pipelines for training data",
            "watched models for drift",
        ],
    ),
    (
        "registered nurse",
        [
            "triage",
            "wound care",
            "medication",
            "patient education",
            "intensive care",
            "infection control",
            "electronic records",
            "paediatrics",
            "phlebotomy",
            "resuscitation",
        ],
        [
            "cared for patients after surgery",
            "planned discharges with families",
            "trained students on the ward",
            "led the night shift",
            "kept records exact",
        ],
    ),
    (
        "physiotherapist",
        [
            "rehabilitation",
            "manual therapy",
            "orthopaedics",
            "exercise plans",
            "sports injuries",
            "gait analysis",
            "neurology",
            "pain management",
            "hydrotherapy",
            "home visits",
        ],
        [
            "treated patients after hip replacement",
            "ran back pain classes",
            "wrote exercise plans",
            "advised a football club",
            "visited elderly patients at home",
        ],
    ),
    (
        "tax accountant",
        [
            "ifrs",
            "vat",
            "corporate tax",
            "transfer pricing",
            "audit",
            "sap",
            "payroll",
            "consolidation",
            "excel",
            "compliance",
        ],
        [
            "prepared annual accounts",
            "filed returns for groups of companies",
            "answered the questions of auditors",
            "closed the books in four days",
            "reviewed intercompany prices",
        ],
    ),
    (
        "electrician",
        [
            "wiring",
            "switchgear",
            "lighting",
            "photovoltaics",
            "plc",
            "fault finding",
            "cable trays",
            "safety inspection",
            "low voltage",
            "blueprints",
        ],
        [
            "installed wiring on building sites",
            "commissioned switchgear",
            "put solar panels on roofs",
            "found faults in old houses",
            "trained two apprentices",
        ],
    ),
    (
        "mechanical engineer",
        [
            "cad",
            "solidworks",
            "finite elements",
            "thermodynamics",
            "tolerancing",
            "sheet metal",
            "prototyping",
            "hydraulics",
            "matlab",
            "materials",
        ],
        [
            "designed housings for pumps",
            "simulated loads on frames",
            "took a product from sketch to series",
            "cut the weight of a gearbox",
            "worked with suppliers on castings",
        ],
    ),
    (
        "civil engineer",
        [
            "structural design",
            "autocad",
            "concrete",
            "eurocode",
            "surveying",
            "geotechnics",
            "bim",
            "site supervision",
            "drainage",
            "tendering",
        ],
        [
            "designed bridges for cyclists",
            "supervised a tunnel site",
            "calculated foundations",
            "checked drawings against codes",
            "wrote tenders for public works",
        ],
    ),
    (
        "chef",
        [
            "menu planning",
            "pastry",
            "food safety",
            "purchasing",
            "grill",
            "catering",
            "banqueting",
            "vegetarian cooking",
            "stock control",
            "team leading",
        ],
        [
            "ran a kitchen of eight",
            "planned seasonal menus",
            "cooked for two hundred guests",
            "kept food cost under control",
            "trained commis chefs",
        ],
    ),
    (
        "secondary school teacher",
        [
            "curriculum",
            "mathematics",
            "physics",
            "classroom management",
            "assessment",
            "special needs",
            "digital learning",
            "mentoring",
            "parents",
            "exam preparation",
        ],
        [
            "taught classes from eleven to eighteen",
            "prepared pupils for final exams",
            "led the science department",
            "introduced tablets in lessons",
            "mentored new colleagues",
        ],
    ),
    (
        "product manager",
        [
            "roadmaps",
            "discovery",
            "user research",
            "analytics",
            "pricing",
            "agile",
            "stakeholders",
            "okr",
            "prototyping",
            "b2b",
        ],
        [
            "talked to customers every week",
            "launched a subscription",
            "decided what not to build",
            "shortened onboarding by half",
            "wrote clear briefs",
        ],
    ),
    (
        "sales manager",
        [
            "negotiation",
            "crm",
            "key accounts",
            "forecasting",
            "lead generation",
            "contracts",
            "presentations",
            "salesforce",
            "partner management",
            "retail",
        ],
        [
            "opened a new region",
            "kept the largest accounts",
            "hired and coached a team",
            "doubled recurring revenue",
            "negotiated framework contracts",
        ],
    ),
    (
        "logistics coordinator",
        [
            "warehouse",
            "customs",
            "route planning",
            "sap",
            "forklift",
            "inventory",
            "incoterms",
            "freight",
            "dispatch",
            "cold chain",
        ],
        [
            "planned routes for forty lorries",
            "cleared goods through customs",
            "counted stock every quarter",
            "cut damages in transit",
            "introduced scanners in the warehouse",
        ],
    ),
    (
        "graphic designer",
        [
            "typography",
            "illustrator",
            "indesign",
            "branding",
            "packaging",
            "photoshop",
            "motion",
            "layout",
            "print",
            "illustration",
        ],
        [
            "drew a brand from scratch",
            "set books and magazines",
            "designed packaging for shops",
            "prepared files for print",
            "animated explainers",
        ],
    ),
    (
        "human resources manager",
        [
            "recruiting",
            "labour law",
            "payroll",
            "onboarding",
            "compensation",
            "training",
            "works council",
            "employer branding",
            "diversity",
            "conflict resolution",
        ],
        [
            "hired a hundred people in a year",
            "agreed policies with the works council",
            "set up onboarding",
            "handled hard conversations",
            "reviewed pay bands",
        ],
    ),
    (
        "laboratory technician",
        [
            "chromatography",
            "pcr",
            "sample preparation",
            "glp",
            "microscopy",
            "titration",
            "cell culture",
            "calibration",
            "documentation",
            "safety",
        ],
        [
            "ran assays on blood samples",
            "calibrated instruments",
            "kept the laboratory clean and safe",
            "documented results to the letter",
            "set up a new method",
        ],
    ),
    (
        "lawyer",
        [
            "contract law",
            "litigation",
            "data protection",
            "mergers",
            "employment law",
            "due diligence",
            "arbitration",
            "drafting",
            "compliance",
            "intellectual property",
        ],
        [
            "drafted contracts for suppliers",
            "argued cases before court",
            "advised on data protection",
            "ran due diligence for acquisitions",
            "settled disputes early",
        ],
    ),
    (
        "security analyst",
        [
            "siem",
            "incident response",
            "threat hunting",
            "penetration testing",
            "forensics",
            "iso 27001",
            "network security",
            "python",
            "vulnerability management",
            "cloud security",
        ],
        [
            "hunted intruders in logs",
            "answered incidents at night",
            "tested applications for holes",
            "wrote policies that people follow",
            "hardened cloud accounts",
        ],
    ),
];

const LEVELS: [&str; 5] = ["Junior", "Experienced", "Senior", "Lead", "Principal"];
const PLACES: [&str; 24] = [
    "Berlin",
    "Hamburg",
    "Munich",
    "Vienna",
    "Zurich",
    "Geneva",
    "Paris",
    "Lyon",
    "Madrid",
    "Barcelona",
    "Lisbon",
    "Porto",
    "Rome",
    "Milan",
    "Athens",
    "Warsaw",
    "Prague",
    "Budapest",
    "Copenhagen",
    "Stockholm",
    "Oslo",
    "Helsinki",
    "Dublin",
    "Amsterdam",
];
const LANGUAGES: [&str; 10] = [
    "English",
    "German",
    "French",
    "Spanish",
    "Italian",
    "Portuguese",
    "Polish",
    "Greek",
    "Swedish",
    "Dutch",
];
const DEGREES: [&str; 6] = [
    "apprenticeship",
    "diploma",
    "bachelor's degree",
    "master's degree",
    "doctorate",
    "certificate",
];
const SYLLABLES: [&str; 24] = [
    "ar", "bel", "cor", "dan", "el", "fin", "gal", "hor", "il", "jun", "kor", "lum", "mar", "nor",
    "ost", "pal", "quin", "ros", "sol", "tir", "ul", "ven", "wex", "zan",
];

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
}

fn pick<'a, T>(rng: &mut ChaCha8Rng, from: &'a [T]) -> &'a T {
    &from[rng.random_range(0..from.len())]
}

/// A name of two to four syllables.
fn word(rng: &mut ChaCha8Rng) -> String {
    let count = rng.random_range(2..5);
    (0..count).map(|_| *pick(rng, &SYLLABLES)).collect()
}
