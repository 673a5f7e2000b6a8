//! The words with which texts deny, in lower case and as the word splitter has them: English, German, French,
//! Spanish, Italian, Dutch and some Portuguese.

/// Words that deny the noun after them, wherever they stand.
pub(super) const NONE_OF: &[&str] = &[
    "no", "zero", "without", "keine", "kein", "keinen", "keinem", "keiner", "keinerlei", "ohne", "aucune", "aucun",
    "sans", "sin", "ninguna", "ningún", "nessuna", "nessun", "nessuno", "senza", "geen", "zonder", "sem", "nenhuma",
    "nenhum",
];

/// What is denied to the sentence's end: experience, and its like.
pub(super) const MATTERS: &[&str] = &[
    "experience", "knowledge", "background", "exposure", "familiarity", "expertise", "skill", "skills", "training",
    "interest", "qualification", "qualifications", "prior", "previous", "professional", "practical", "commercial",
    "working", "years", "year", "erfahrung", "erfahrungen", "kenntnisse", "kenntnissen", "interesse", "expérience",
    "expériences", "connaissance", "connaissances", "compétence", "compétences", "experiencia", "conocimientos",
    "conocimiento", "interés", "esperienza", "esperienze", "conoscenza", "conoscenze", "competenza", "competenze",
    "ervaring", "kennis", "praxis", "vorkenntnisse", "berufserfahrung", "formation", "formación", "formazione",
    "opleiding", "ausbildung", "experiência", "conhecimento", "conhecimentos",
];

/// What may stand between a word of [`NONE_OF`] and what matters: "without any experience".
pub(super) const KINDS: &[&str] = &[
    "any", "real", "direct", "relevant", "actual", "significant", "formal", "deep", "specific", "hands", "on",
    "further", "own", "much", "great", "praktische", "praktischen", "fundierten", "grande", "mucha", "molta", "enige",
];

/// Words that deny the verb or adjective after them.
pub(super) const NOT: &[&str] = &[
    "not", "never", "dont", "doesnt", "didnt", "havent", "hasnt", "hadnt", "wont", "cannot", "cant", "couldnt",
    "wouldnt", "isnt", "arent", "wasnt", "nicht", "nie", "niemals", "jamais", "nunca", "mai", "nooit", "niet", "pas",
    "non", "não",
];

/// Those of languages whose verbs stand at the end: "nie mit Java gearbeitet", "ik ken Java niet".
pub(super) const VERB_LAST: &[&str] = &["nicht", "nie", "niemals", "nooit", "niet"];

/// What may stand between the two.
pub(super) const BETWEEN: &[&str] = &[
    "really", "yet", "ever", "actually", "currently", "professionally", "be", "been", "he", "hemos", "ha", "me", "se",
    "lo", "de", "d", "du", "mit", "met", "con", "avec", "en", "have", "had", "personally", "mai", "ho", "abbiamo",
    "es", "est", "ist", "è", "so", "noch", "to", "very", "particularly", "a", "an", "ein", "eine", "un", "une", "una",
    "een",
];

/// The verbs and adjectives with which a denial reaches to the sentence's end.
pub(super) const DENIED: &[&str] = &[
    "use", "used", "using", "uses", "work", "worked", "working", "works", "know", "known", "knows", "have", "had",
    "want", "wants", "contact", "call", "email", "message", "send", "approach", "need", "require", "offer", "speak",
    "write", "written", "wrote", "program", "programmed", "code", "coded", "touch", "touched", "learn", "learned",
    "learnt", "study", "studied", "hold", "possess", "understand", "tried", "seen", "dealt", "build", "built",
    "develop", "developed", "familiar", "experienced", "proficient", "skilled", "interested", "looking", "seeking",
    "considering", "qualified", "certified", "fluent", "trained", "versed", "comfortable", "knowledgeable",
    "acquainted", "conversant", "competent", "exposed", "vertraut", "benutzt", "verwendet", "gearbeitet",
    "programmiert", "genutzt", "eingesetzt", "kenne", "kennen", "kennt", "beherrsche", "nutze", "nutzen", "verwende",
    "verwenden", "brauchen", "benötigen", "programmiere", "interessiert", "gelernt", "erfahren", "kontaktieren",
    "anrufen", "suche", "suchen", "utilisé", "utilise", "utilisons", "travaillé", "travaille", "pratiqué", "touché",
    "connais", "connaît", "maîtrise", "possède", "dispose", "ai", "nai", "avons", "recherche", "souhaite",
    "demandons", "exigeons", "expérience", "connaissance", "connaissances", "appris", "usado", "utilizado",
    "trabajado", "programado", "tocado", "usamos", "utilizamos", "uso", "trabajo", "tengo", "tiene", "tenemos",
    "conozco", "domino", "manejo", "poseo", "busco", "quiero", "sé", "contactar", "contacten", "interesa",
    "requerimos", "pedimos", "experiencia", "conocimientos", "aprendido", "usato", "utilizzato", "lavorato",
    "programmato", "usiamo", "utilizziamo", "conosco", "ho", "abbiamo", "possiedo", "cerco", "richiediamo",
    "esperienza", "conoscenza", "gebruikt", "gewerkt", "geprogrammeerd", "gebruiken", "gebruik", "ken", "kent",
    "zoek", "bekend", "ervaren", "geïnteresseerd", "usei", "tenho", "conheço", "trabalhei",
];

/// Nouns and adjectives that deny what stands before them: "Java is not required", "PHP is not a must".
pub(super) const UNASKED: &[&str] = &[
    "required", "needed", "necessary", "mandatory", "essential", "expected", "must", "requirement", "prerequisite",
    "something", "among", "part", "my", "erforderlich", "notwendig", "nötig", "vorausgesetzt", "verlangt", "pflicht",
    "muss", "voraussetzung", "nécessaire", "requis", "requise", "exigé", "exigée", "demandé", "demandée",
    "obligatoire", "necesario", "necesaria", "obligatorio", "obligatoria", "imprescindible", "requiere", "necessario",
    "necessaria", "richiesto", "richiesta", "obbligatorio", "vereist", "nodig", "verplicht", "necessário",
];

/// Who someone is that one is not: "not a Java developer".
pub(super) const ROLES: &[&str] = &[
    "developer", "engineer", "programmer", "expert", "specialist", "person", "fan", "guy", "entwickler",
    "entwicklerin", "développeur", "développeuse", "desarrollador", "desarrolladora", "sviluppatore", "ontwikkelaar",
];

/// Verbs of people who want none of a thing: "I avoid Java".
pub(super) const AVOID: &[&str] = &["avoid", "hate", "dislike", "refuse", "detest", "lack"];

/// What someone may lack by its name: "lacking Java skills", "zero Java experience".
pub(super) const LACKED: &[&str] = &["experience", "knowledge", "background", "exposure", "expertise", "skill", "skills", "training"];

/// Verbs of what is not there, before its name.
pub(super) const LACK: &[&str] = &["lack", "lacks", "lacked", "lacking"];

/// Names that begin with "zero".
pub(super) const ZERO_NAMES: &[&str] = &["trust", "day", "touch", "knowledge", "downtime", "waste", "defect", "defects", "based"];

/// Pairs of words that deny what follows: "unfamiliar with", "everything except".
pub(super) const PAIRS: &[[&str; 2]] = &[
    ["unfamiliar", "with"], ["inexperienced", "with"], ["inexperienced", "in"], ["untrained", "in"],
    ["unskilled", "in"], ["lack", "of"], ["lack", "experience"], ["lack", "knowledge"], ["lacks", "experience"],
    ["lacks", "knowledge"], ["lacking", "of"], ["lacking", "experience"], ["lacking", "knowledge"], ["yet", "to"],
    ["need", "not"], ["dont", "do"], ["doesnt", "do"], ["anything", "but"], ["anything", "except"], ["everything", "but"], ["everything", "except"],
    ["0", "years"], ["0", "experience"],
];

/// Pairs that deny what stands between and after them: "neither Java nor Spring".
pub(super) const NEITHER: &[[&str; 2]] = &[
    ["neither", "nor"], ["weder", "noch"], ["ni", "ni"], ["né", "né"], ["noch", "noch"], ["nem", "nem"],
];

/// Answers to what a list names: "Java: none".
pub(super) const ANSWERS: &[&str] = &[
    "none", "no", "never", "keine", "kein", "nein", "nie", "aucune", "aucun", "non", "jamais", "ninguna", "ninguno",
    "nada", "nunca", "nessuna", "nessuno", "mai", "geen", "nee", "nooit", "nil", "nenhuma", "não",
];

/// Words after "no" and "without" that deny nothing of a person.
pub(super) const HARMLESS: &[&str] = &[
    "longer", "more", "less", "later", "fewer", "matter", "problem", "problems", "doubt", "one", "other", "only",
    "limit", "limits", "issue", "issues", "error", "errors", "exception", "exceptions", "fail", "supervision",
    "accidents", "incidents", "delay", "delays", "loss", "downtime", "and", "más", "mas", "menos", "solo", "sólo",
    "meno", "più", "moins", "plus",
];

/// Words that end a denial.
pub(super) const BUT: &[&str] = &[
    "but", "however", "although", "though", "yet", "while", "whereas", "instead", "except", "because", "aber",
    "sondern", "jedoch", "doch", "dafür", "mais", "sauf", "pero", "sino", "ma", "però", "bensì", "maar", "echter",
];

/// Words that go on with a list.
pub(super) const OR: &[&str] = &["or", "nor", "oder", "noch", "ou", "ni", "o", "né", "of"];

/// Words that join one clause to the next.
pub(super) const AND: &[&str] = &["and", "und", "et", "y", "e", "en"];

/// Words of a statement of its own, which no item of a list has.
pub(super) const TELLS: &[&str] = &[
    "i", "years", "year", "have", "am", "we", "is", "are", "my", "jahre", "jahren", "ich", "wir", "habe", "ans", "je",
    "años", "anni", "jaar", "ik",
];

/// Small words that a denial begins with.
pub(super) const HELPERS: &[&str] = &[
    "do", "does", "did", "have", "has", "will", "i", "we", "you", "please", "ich", "habe", "wir", "je", "ai", "ik",
    "heb", "is", "are", "am", "ne", "n", "bitte", "noch", "yo", "io", "bin", "he",
];
