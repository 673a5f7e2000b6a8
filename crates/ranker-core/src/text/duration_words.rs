//! The words around lengths of time, in lower case: English, German, French, Spanish, Italian, Dutch and some
//! Portuguese.

/// Years. "y" counts only where it touches its number.
pub(super) const YEARS: &[&str] = &[
    "year", "years", "yr", "yrs", "y", "yoe", "jahr", "jahre", "jahren", "jährig", "jährige", "jähriger", "jährigen",
    "jähriges", "jährigem", "an", "ans", "année", "années", "annee", "annees", "año", "años", "anno", "anni", "ano",
    "anos", "jaar", "jaren", "jarig", "jarige",
];

/// Months.
pub(super) const MONTHS: &[&str] = &[
    "month", "months", "mos", "mths", "monat", "monate", "monaten", "mois", "mes", "meses", "mês", "mese", "mesi",
    "maand", "maanden",
];

/// Decades.
pub(super) const DECADES: &[&str] = &[
    "decade", "decades", "jahrzehnt", "jahrzehnte", "jahrzehnten", "décennie", "décennies", "década", "décadas",
    "decennio", "decenni", "decennium", "decennia",
];

/// Adjectives that are a number of years: "esperienza triennale".
pub(super) const FUSED: &[(&str, f64)] = &[
    ("annuale", 1.0), ("biennale", 2.0), ("triennale", 3.0), ("quadriennale", 4.0), ("quinquennale", 5.0),
    ("decennale", 10.0),
];

/// Endings that make a number and years one word: "fünfjährige", "driejarige".
pub(super) const ADJECTIVE_STEMS: &[&str] = &["jährig", "jarig"];

/// What stands between a number and its unit without a meaning of its own.
pub(super) const WHOLE: &[&str] = &[
    "full", "whole", "complete", "consecutive", "continuous", "solid", "good", "calendar", "progressive", "relevant",
    "professional", "volle", "vollen", "ganze", "ganzen", "bonnes", "pleines", "hele", "volledige", "buoni", "buenos",
];

/// What says that more is welcome: "5 or more years".
pub(super) const OR_MORE: &[[&str; 2]] = &[
    ["or", "more"], ["and", "more"], ["or", "above"], ["and", "above"], ["and", "over"], ["and", "up"],
    ["or", "longer"], ["oder", "mehr"], ["und", "mehr"], ["ou", "plus"], ["et", "plus"], ["o", "más"], ["y", "más"],
    ["o", "più"], ["e", "più"], ["e", "oltre"], ["of", "meer"], ["en", "meer"], ["ou", "mais"],
];

/// What stands between the ends of a range.
pub(super) const TO: &[&str] = &[
    "to", "or", "bis", "oder", "à", "ou", "a", "o", "al", "ai", "tot", "of", "until", "through",
];

/// What stands between the ends of a range that begins with "between".
pub(super) const AND: &[&str] = &["and", "und", "et", "y", "e", "en"];

/// What a range with "and" begins with.
pub(super) const BETWEEN: &[&str] = &["between", "zwischen", "entre", "tra", "fra", "tussen"];

/// Articles within a range: "tra i 3 e i 5 anni", "tussen de 3 en 5 jaar".
pub(super) const THE: &[&str] = &["the", "i", "gli", "de", "los", "les", "den"];

/// What time of work is called.
pub(super) const EXPERIENCE: &[&str] = &[
    "experience", "experiences", "experienced", "exp", "expertise", "career", "erfahrung", "erfahrungen",
    "berufserfahrung", "praxiserfahrung", "arbeitserfahrung", "berufspraxis", "praxis", "expérience", "expériences",
    "pratique", "experiencia", "esperienza", "ervaring", "werkervaring", "experiência", "projekterfahrung",
    "führungserfahrung",
];

/// Things that have a length or an age of their own, after a number of years.
pub(super) const THINGS: &[&str] = &[
    "ago", "old", "olds", "young", "contract", "contracts", "fixed", "warranty", "guarantee", "degree", "degrees", "diploma",
    "college", "university", "undergraduate", "school", "schooling", "study", "studies", "program", "programme",
    "course", "plan", "visa", "lease", "mortgage", "anniversary", "history", "tradition", "heritage", "legacy",
    "apprenticeship", "probation", "probationary", "notice", "term", "cycle", "roadmap", "strategy", "horizon",
    "vesting", "leave", "retention", "running", "auction", "bond", "loan", "deal", "alt", "jung", "garantie",
    "vertrag", "geschichte", "firmengeschichte", "unternehmensgeschichte", "bestehen", "jubiläum", "laufzeit",
    "kündigungsfrist", "probezeit", "ausbildung", "studium", "gewährleistung", "contrat", "études", "etudes",
    "existence", "histoire", "âge", "essai", "préavis", "formation", "garantía", "contrato", "historia", "estudios",
    "edad", "prueba", "existencia", "formación", "garanzia", "contratto", "storia", "studi", "età", "prova",
    "attività", "older", "älter", "ouder", "licence", "license", "führerschein", "permis", "oud", "geschiedenis", "bestaan", "studie", "opleiding", "proeftijd", "opzegtermijn", "vida",
];

/// Things that have a length, before "of" and a number of years: "a contract of two years".
pub(super) const THINGS_OF: &[&str] = &[
    "contract", "warranty", "guarantee", "garantie", "vertrag", "befristet", "befristung", "laufzeit", "dauer",
    "vertragsdauer", "projektdauer", "cdd",
    "contrat", "durée", "contrato", "garantía", "duración", "contratto", "garanzia", "durata", "duur", "probation",
    "probezeit", "notice", "period", "periode", "période", "periodo", "term", "proeftijd", "prova", "prueba", "age",
    "aged", "alter", "âge", "edad", "età", "leeftijd", "lease", "visa", "diploma", "duration", "limited", "begrenzt", "limité", "limitado", "limitato", "beperkt", "laurea",
    "anniversary",
];

/// Words right before that make years a time on the calendar, or those of a degree: "the last 5 years",
/// "after 2 years", "laurea triennale".
pub(super) const BESIDE: &[&str] = &[
    "next", "last", "past", "coming", "first", "final", "previous", "recent", "every", "each", "after", "once",
    "letzten", "nächsten", "kommenden", "vergangenen", "ersten", "alle", "nach", "après", "prochaines", "prochains",
    "dernières", "derniers", "premières", "tous", "próximos", "últimos", "primeros", "cada", "después", "tras",
    "prossimi", "ultimi", "primi", "ogni", "dopo", "komende", "afgelopen", "laatste", "eerste", "elke", "na",
    "laurea",
];

/// Words that set a time in which something comes about, where no experience is spoken of: "lead a team in 2 years".
pub(super) const WITHIN: &[&str] = &["in", "within", "dans", "en", "binnen", "innerhalb", "entro"];

/// What stands between the ends of a range that are both bounds: "at least 3 but no more than 5 years".
pub(super) const BOUND: &[&str] = &[
    "but", "and", "no", "not", "more", "less", "fewer", "than", "at", "most", "max", "maximum", "und", "aber", "höchstens",
    "maximal", "nicht", "mehr", "weniger", "als", "et", "mais", "au", "plus", "moins", "de", "y", "como", "máximo", "menos",
    "e", "al", "massimo", "meno", "di", "en", "maximaal", "hoogstens", "hooguit", "minder", "dan",
];

/// Those of them that say that the second end is the most.
pub(super) const UPPER: &[&str] = &[
    "more", "less", "fewer", "most", "max", "maximum", "höchstens", "maximal", "mehr", "weniger", "plus", "moins", "máximo",
    "menos", "massimo", "meno", "maximaal", "hoogstens", "hooguit", "minder",
];
