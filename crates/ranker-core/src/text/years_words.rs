//! The words by which years of experience are asked for, in lower case: English, German, French, Spanish, Italian
//! and Dutch. Phrases are words with one space between them.

/// Right before a number: no fewer will do.
pub(super) const AT_LEAST: &[&str] = &[
    "at least", "at the least", "at a minimum", "minimum", "minimum of", "min", "no less than", "not less than",
    "no fewer than", "not fewer than", "requires", "require", "required", "mindestens", "wenigstens", "zumindest",
    "mind", "minimal", "nicht weniger als", "ab", "au moins", "minimum de", "pas moins de", "à partir de", "dès",
    "al menos", "por lo menos", "como mínimo", "mínimo", "mínimo de", "no menos de", "a partir de", "almeno",
    "minimo", "minimo di", "non meno di", "a partire da", "minimaal", "minstens", "ten minste", "tenminste",
    "niet minder dan", "vanaf",
];

/// Right after a number: no fewer will do.
pub(super) const AT_LEAST_AFTER: &[&str] = &[
    "minimum", "min", "at least", "at a minimum", "required", "plus", "or more", "or above", "or longer", "and above",
    "and up", "and over", "and more", "or over", "oder mehr", "und mehr", "mindestens", "ou plus", "et plus",
    "au minimum", "au moins", "o más", "y más", "como mínimo", "mínimo", "o più", "e oltre", "come minimo", "of meer",
    "en meer", "minimaal",
];

/// Right before a number: more than that, which employers also say of themselves.
pub(super) const MORE_THAN: &[&str] = &[
    "more than", "over", "above", "upwards of", "in excess of", "exceeding", "über", "mehr als", "plus de", "más de",
    "más que", "più di", "oltre", "meer dan", "ruim",
];

/// Right before a number: that is the most.
pub(super) const AT_MOST: &[&str] = &[
    "no more than", "not more than", "no longer than", "not longer than", "not exceed", "not exceeding", "less than",
    "fewer than", "under", "below", "within", "up to", "at most", "at the most", "maximum", "maximum of", "max",
    "no greater than", "not over", "not above", "höchstens", "maximal", "maximal bis zu", "weniger als", "nicht mehr als", "nicht länger als", "nicht über",
    "bis zu", "bis", "bis maximal", "unter", "moins de", "maximum de", "au maximum", "au plus", "jusqu à",
    "pas plus de", "inférieure à", "menos de", "máximo", "máximo de", "como máximo", "hasta", "no más de",
    "no más que", "inferior a", "meno di", "massimo", "massimo di", "al massimo", "fino a", "non più di", "non oltre",
    "inferiore a", "maximaal", "hoogstens", "hooguit", "minder dan", "niet meer dan", "tot", "ten hoogste",
];

/// Right after a number: that is the most.
pub(super) const AT_MOST_AFTER: &[&str] = &[
    "maximum", "max", "maximal", "at most", "at the most", "or less", "or fewer", "or under", "and under", "tops",
    "höchstens", "oder weniger", "au maximum", "au plus", "ou moins", "máximo", "como máximo", "o menos", "massimo",
    "al massimo", "o meno", "maximaal", "hooguit", "of minder",
];

/// Words between a bound and its number that say nothing.
pub(super) const ABOUT: &[&str] = &[
    "about", "approximately", "around", "roughly", "circa", "ca", "etwa", "rund", "environ", "unos", "unas",
    "aproximadamente", "ongeveer", "of", "de", "von", "di", "van", "the", "a",
];

/// Words within a few after the years that make them a demand.
pub(super) const DEMANDS: &[&str] = &[
    "required", "require", "working", "practice", "background", "mandatory", "essential", "must", "requis", "requise",
    "exigé", "exigée", "exigés", "erforderlich", "vorausgesetzt", "notwendig", "requerido", "requerida", "requeridos",
    "imprescindible", "richiesti", "richiesta", "vereist", "noodzakelijk",
];

/// Words of employers who speak of themselves.
pub(super) const OURS: &[&str] = &[
    "our", "we", "gmbh", "inc", "ltd", "llc", "wir", "unser", "unsere", "unserer", "unserem", "unseren", "nous",
    "notre", "nos", "nosotros", "nuestra", "nuestro", "nuestros", "llevamos", "noi", "nostra", "nostro", "siamo",
    "wij", "onze", "ons",
];

/// What employers call themselves, unless someone works "in a company".
pub(super) const COMPANIES: &[&str] = &[
    "company", "firm", "firma", "unternehmen", "entreprise", "société", "empresa", "azienda", "società", "bedrijf",
];

/// Those who work there, after "our".
pub(super) const STAFF: &[&str] = &[
    "team", "teams", "staff", "consultants", "employees", "people", "experts", "mitarbeiter", "mitarbeiterinnen", "équipe",
    "équipes", "equipo", "squadra", "medewerkers",
];

/// What a sentence about somebody who has experience begins with: "With 15 years of experience, Acme ...".
pub(super) const HAVING: &[&str] = &["with", "mit", "avec", "con", "met"];

/// What employers say that they do or are, after such a beginning.
pub(super) const EMPLOYERS_DO: &[&str] = &[
    "is", "are", "has", "have", "leads", "offers", "provides", "delivers", "builds", "makes", "helps", "serves", "ist", "sind",
    "bietet", "gehört", "zählt", "est", "sont", "accompagne", "propose", "es", "son", "ofrece", "è", "sono", "offre", "biedt",
];

/// What age is asked with: "must be at least 18 years".
pub(super) const BEING: &[&str] = &["be", "are", "aged", "sein", "alt", "sind", "être", "ser", "tener", "avere", "zijn"];

/// Prepositions before a company in which someone has worked.
pub(super) const AT: &[&str] = &["in", "at", "for", "with", "bei", "dans", "chez", "en", "bij", "presso"];

/// Words with which employers ask for something.
pub(super) const REQUESTS: &[&str] = &[
    "require", "requires", "required", "requirement", "requirements", "need", "needs", "looking", "look", "seek",
    "seeks", "seeking", "expect", "expects", "expectations", "want", "ask", "asks", "hire", "hires", "hiring", "you",
    "your", "candidate", "candidates", "applicant", "applicants", "someone", "person", "people", "must", "should",
    "suchen", "sucht", "erwarten", "erwartet", "brauchen", "benötigen", "du", "dein", "deine", "sie", "ihr", "ihre",
    "bewerber", "profil", "cherchons", "recherchons", "recherche", "cherche", "demandons", "vous", "votre",
    "candidat", "candidats", "tu", "ton", "ta", "buscamos", "busca", "pedimos", "requerimos", "requiere",
    "necesitamos", "candidato", "candidatos", "cerchiamo", "cerca", "richiediamo", "chiediamo", "richiede", "zoeken",
    "zoekt", "vragen", "verwachten", "je", "jij", "jouw", "u", "kandidaat",
];

/// Words that a sentence of an employer's age begins with, right before the number: "for 30 years ...".
pub(super) const SINCE: &[&str] = &["for", "since", "seit", "depuis", "desde", "hace", "da", "al", "sinds"];

/// Words that make what is asked for a wish.
pub(super) const PREFERRED: &[&str] = &[
    "preferred", "preferably", "prefer", "ideally", "desirable", "desired", "bonus", "advantage", "advantageous",
    "optional", "optionally", "asset", "vorteil", "vorteilhaft", "wünschenswert", "gewünscht", "idealerweise",
    "gerne", "bevorzugt", "pluspunkt", "idéalement", "souhaité", "souhaitée", "souhaités", "souhaitable", "apprécié",
    "appréciée", "préférence", "atout", "deseable", "deseables", "deseado", "preferible", "preferiblemente",
    "preferentemente", "idealmente", "valorará", "valorarán", "valora", "preferibile", "preferibilmente", "gradita",
    "gradito", "graditi", "preferenziale", "voorkeur", "gewenst", "wenselijk", "liefst", "pré", "idealiter",
];

/// Two words that do so.
pub(super) const PREFERRED_PAIRS: &[[&str; 2]] = &[
    ["nice", "to"], ["good", "to"], ["a", "plus"], ["big", "plus"], ["strong", "plus"], ["un", "plus"],
    ["ein", "plus"], ["een", "pre"],
];

/// Words of headings under which nothing is a wish any more.
pub(super) const OTHER_HEADINGS: &[&str] = &[
    "requirements", "required", "qualifications", "must", "responsibilities", "tasks", "duties", "benefits", "offer",
    "about", "skills", "profile", "minimum", "basic", "anforderungen", "aufgaben", "profil", "wir", "exigences",
    "missions", "requis", "requisitos", "funciones", "requisiti", "eisen", "taken",
];

/// Words between one demand and the next.
pub(super) const JOINS: &[&str] = &[
    "and", "or", "but", "und", "oder", "aber", "et", "ou", "y", "o", "e", "en", "of", "maar",
];
