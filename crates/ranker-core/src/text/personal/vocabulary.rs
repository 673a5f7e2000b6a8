//! The words by which personal data are told from the rest, folded: in small letters and without accents. English,
//! German, French, Spanish, Italian and Dutch.

/// Words of job titles, trades, sections and degrees that are no names of people.
pub(super) const TRADES: &[&str] = &[
    // Ranks and their like.
    "senior", "junior", "lead", "leader", "head", "chief", "principal", "staff", "assistant", "associate", "deputy", "vice",
    "president", "director", "directors", "manager", "managers", "management", "managing", "executive", "supervisor",
    "supervisory", "coordinator", "co-ordinator", "officer", "administrator", "administration", "administrative", "trainee",
    "intern", "internship", "apprentice", "graduate", "fresher", "entry", "level", "experienced", "expert", "specialist",
    "generalist", "consultant", "consulting", "advisor", "adviser", "partner", "founder", "co-founder", "owner", "ceo", "cto",
    "cfo", "coo", "cio", "ciso", "vp", "freelance", "freelancer", "contract", "interim", "certified", "licensed",
    "registered", "professional", "technical", "technician", "technologist", "representative", "rep", "agent", "analyst",
    "clerk", "secretary", "receptionist", "operator", "worker", "labourer", "laborer", "helper", "foreman", "superintendent",
    "inspector", "planner", "scheduler", "dispatcher", "controller", "auditor", "accountant", "bookkeeper", "cashier",
    "teller", "banker", "broker", "trader", "underwriter", "actuary", "adjuster", "appraiser", "estimator", "buyer",
    "purchaser", "purchasing", "procurement", "merchandiser", "salesperson", "seller", "vendor", "recruiter", "recruiting",
    // Trades.
    "developer", "developers", "programmer", "programming", "engineer", "engineers", "engineering", "architect", "designer",
    "design", "tester", "scientist", "researcher", "research", "professor", "lecturer", "teacher", "teaching", "tutor",
    "instructor", "trainer", "educator", "coach", "counselor", "counsellor", "therapist", "psychologist", "psychiatrist",
    "physician", "surgeon", "nurse", "nursing", "midwife", "paramedic", "pharmacist", "dentist", "dental", "veterinarian",
    "veterinary", "radiographer", "phlebotomist", "hygienist", "optician", "optometrist", "caregiver", "carer", "aide",
    "nanny", "au-pair", "housekeeper", "housekeeping", "janitor", "cleaner", "custodian", "caretaker", "concierge", "chef",
    "sous", "demi", "commis", "line", "pastry", "kitchen", "bartender", "barista", "waiter", "waitress", "server", "steward",
    "stewardess", "host", "hostess", "sommelier", "caterer", "catering", "driver", "chauffeur", "courier", "pilot", "captain",
    "loader", "picker", "packer", "storekeeper", "warehouse", "logistics", "forklift", "electrician", "plumber", "welder",
    "fitter", "machinist", "mechanic", "mechanics", "millwright", "installer", "repairer", "assembler", "fabricator",
    "plasterer", "roofer", "bricklayer", "glazier", "joiner", "surveyor", "rigger", "wireman", "lineman", "electronics",
    "electrical", "mechanical", "lawyer", "attorney", "solicitor", "barrister", "paralegal", "notary", "legal", "counsel",
    "journalist", "reporter", "editor", "editorial", "writer", "copywriter", "author", "translator", "interpreter",
    "photographer", "videographer", "filmmaker", "producer", "animator", "illustrator", "artist", "musician", "composer",
    "dancer", "actor", "actress", "stylist", "hairdresser", "beautician", "cosmetologist", "esthetician", "firefighter",
    "guard", "detective", "investigator", "sergeant", "lieutenant", "librarian", "curator", "archivist", "historian",
    "biologist", "chemist", "physicist", "geologist", "economist", "statistician", "mathematician", "ecologist",
    "horticulturist", "agronomist", "forester", "landscaper", "greenkeeper", "florist", "jeweler", "upholsterer", "tailor",
    "seamstress", "sewer", "operative", "attendant", "practitioner", "provider", "maker", "builder", "contractor", "producer",
    "promoter", "organizer", "organiser", "facilitator", "strategist", "evangelist", "ambassador", "liaison", "expediter",
    "handyman", "maintenance", "personnel", "people", "talent", "webmaster", "sysadmin", "devops", "scrum", "master", "agile",
    "owner", "product", "project", "program", "programme", "portfolio", "process", "operations", "operation", "business",
    "data", "database", "software", "hardware", "systems", "system", "network", "networks", "security", "cloud", "web",
    "frontend", "front-end", "backend", "back-end", "full-stack", "fullstack", "stack", "mobile", "app", "application",
    "applications", "platform", "infrastructure", "site", "reliability", "quality", "assurance", "test", "testing",
    "automation", "support", "desk", "help", "helpdesk", "service", "services", "customer", "client", "account", "accounts",
    "accounting", "finance", "financial", "tax", "payroll", "billing", "credit", "loan", "claims", "insurance", "investment",
    "banking", "treasury", "risk", "compliance", "audit", "sales", "marketing", "digital", "content", "social", "media",
    "brand", "communications", "communication", "public", "relations", "advertising", "creative", "graphic", "ux", "ui", "seo",
    "search", "machine", "learning", "artificial", "intelligence", "information", "technology", "it", "human", "resources",
    "hr", "office", "executive", "general", "regional", "area", "district", "national", "international", "global", "corporate",
    "commercial", "industrial", "production", "manufacturing", "plant", "shift", "store", "shop", "retail", "wholesale",
    "supply", "chain", "distribution", "transport", "transportation", "delivery", "fleet", "aviation", "aircraft", "flight",
    "marine", "medical", "clinical", "health", "healthcare", "care", "patient", "hospital", "hospitality", "hotel",
    "restaurant", "food", "beverage", "rooms", "front", "event", "events", "travel", "tourism", "tour", "guide", "sports",
    "fitness", "education", "school", "elementary", "secondary", "primary", "preschool", "kindergarten", "special", "early",
    "childhood", "child", "youth", "family", "community", "social", "pediatric", "cardiac", "surgical", "emergency",
    "intensive", "mental", "physical", "occupational", "speech", "respiratory", "laboratory", "lab", "pharmacy", "science",
    "sciences", "environmental", "energy", "power", "solar", "gas", "oil", "petroleum", "mining", "civil", "structural",
    "chemical", "biomedical", "aerospace", "automotive", "construction", "building", "property", "real", "estate", "facility",
    "facilities", "interior", "landscape", "urban", "fashion", "textile", "video", "game", "games", "sound", "audio", "film",
    "television", "radio", "news", "print", "printing", "publishing", "library", "museum", "government", "federal", "military",
    "police", "fire", "safety", "enforcement", "correctional", "probation", "policy", "control", "panel", "equipment",
    "vehicle", "truck", "bus", "train", "crane", "tool", "metal", "steel", "concrete", "glass", "paper", "plastic", "cnc",
    "hvac", "refrigeration", "heating", "cooling", "boiler", "elevator", "electronic", "instrument", "instrumentation",
    "telecommunications", "embedded", "firmware", "robotics", "and", "of", "for", "in", "with", "the", "to", "on", "at",
    // Degrees, sections and documents.
    "bachelor", "bachelors", "masters", "doctor", "doctorate", "diploma", "degree", "university", "college", "institute",
    "academy", "curriculum", "vitae", "resume", "cv", "summary", "profile", "objective", "experience", "skills", "education",
    "employment", "history", "work", "career", "qualifications", "highlights", "accomplishments", "certifications",
    "references", "languages", "interests", "hobbies", "contact", "details", "personal", "about", "overview", "page",
    "confidential", "company", "name", "city", "state", "highly", "motivated", "seeking", "years", "results", "driven",
    "remote", "hybrid", "full-time", "part-time", "available", "open", "relocation", "inc", "llc", "ltd", "gmbh", "corp",
    "group", "team", "department", "division", "section", "unit", "center", "centre", "position", "role", "job", "title",
    "strategy", "strategic", "planning", "development", "analytics", "analysis", "analytical", "reporting", "processing",
    "functional", "cross-functional", "solutions", "solution", "bilingual", "veteran", "student", "undergraduate", "phd",
    "postdoctoral", "postdoc", "fellow", "scholar", "teachers", "nurses", "volunteer", "board", "member", "chair", "dean",
    "microservices", "fundraiser", "fundraising", "grants", "nonprofit", "church", "pastor", "minister", "chaplain",
    // Tools and crafts that stand where a name could.
    "java", "javascript", "typescript", "python", "kotlin", "php", "html", "css", "sql", "mysql", "postgresql", "oracle",
    "sap", "abap", "linux", "unix", "windows", "azure", "aws", "docker", "kubernetes", "terraform", "ansible",
    "git", "react", "angular", "vue", "node", "django", "flask", "laravel", "rails", "spring", "hibernate", "spark", "hadoop",
    "kafka", "tableau", "excel", "word", "powerpoint", "outlook", "salesforce", "dynamics", "sharepoint", "autocad",
    "solidworks", "photoshop", "indesign", "figma", "matlab", "tensorflow", "pytorch", "android", "ios", "rust", "golang",
    "c++", "net", "wordpress", "magento", "shopify", "cobol", "fortran", "verilog", "cisco", "vmware", "blockchain",
    "microsoft", "google", "adobe", "amazon", "servicenow", "workday", "peoplesoft", "quickbooks", "lean", "sigma", "six",
    // German.
    "entwickler", "softwareentwickler", "ingenieur", "leiter", "leitung", "leiterin", "geschaftsfuhrer", "sachbearbeiter",
    "kauffrau", "krankenschwester", "krankenpfleger", "pfleger", "pflegefachkraft", "fachkraft", "fachinformatiker",
    "informatiker", "techniker", "mechaniker", "mechatroniker", "elektriker", "elektroniker", "schlosser", "monteur",
    "verkaufer", "berater", "buchhalter", "lehrer", "lehrkraft", "erzieher", "arzt", "arztin", "apotheker", "architekt",
    "projektleiter", "assistent", "assistenz", "auszubildender", "azubi", "werkstudent", "praktikant", "meister", "geselle",
    "kellner", "fahrer", "lagerist", "disponent", "einkaufer", "vertrieb", "verwaltung", "personalreferent", "referent",
    "beauftragter", "lebenslauf", "bewerbung", "berufserfahrung", "ausbildung", "kenntnisse", "profil", "personliche",
    "daten", "angestellter", "arbeiter", "helfer", "gartner", "maurer", "tischler", "dachdecker", "friseur", "und", "fur",
    "bei", "mit", "wissenschaftler", "forscher", "dozent", "jurist", "rechtsanwalt", "steuerberater",
    "hausmeister", "reinigungskraft", "sozialarbeiter", "kundenberater", "anwendungsentwicklung", "qualitatssicherung",
    // French.
    "developpeur", "developpeuse", "ingenieure", "responsable", "chefe", "directeur", "directrice", "gerant", "conseiller",
    "conseillere", "consultante", "comptable", "infirmier", "infirmiere", "medecin", "pharmacien", "enseignant",
    "enseignante", "professeur", "formateur", "formatrice", "assistante", "secretaire", "vendeur", "vendeuse", "commercial",
    "commerciale", "technicien", "technicienne", "electricien", "mecanicien", "menuisier", "macon", "plombier", "soudeur",
    "cuisinier", "cuisiniere", "serveur", "serveuse", "chauffeur", "avocat", "avocate", "juriste", "architecte",
    "graphiste", "redacteur", "redactrice", "traducteur", "traductrice", "journaliste", "chercheur", "chercheuse",
    "ouvrier", "ouvriere", "employe", "employee", "agent", "charge", "chargee", "projet", "projets", "informatique",
    "logiciel", "donnees", "ventes", "achats", "comptabilite", "ressources", "humaines", "stagiaire", "alternant",
    "etudiant", "etudiante", "parcours", "competences", "formation", "experience", "experiences", "partie", "en", "et",
    "aide-soignant", "aide-soignante", "educateur", "educatrice", "coiffeur", "coiffeuse",
    // Spanish.
    "desarrollador", "desarrolladora", "ingeniero", "ingeniera", "programador", "programadora", "jefe", "jefa", "director",
    "directora", "gerente", "encargado", "encargada", "coordinador", "coordinadora", "analista", "contable", "contador",
    "contadora", "administrativo", "administrativa", "auxiliar", "ayudante", "asistente", "secretaria", "secretario",
    "vendedor", "vendedora", "comercial", "dependiente", "dependienta", "enfermero", "enfermera", "medico", "medica",
    "farmaceutico", "farmaceutica", "maestro", "maestra", "profesor", "profesora", "docente", "tecnico", "tecnica",
    "electricista", "mecanico", "mecanica", "soldador", "fontanero", "albanil", "carpintero", "cocinero", "cocinera",
    "camarero", "camarera", "conductor", "conductora", "repartidor", "operario", "operaria", "obrero", "abogado", "abogada",
    "arquitecto", "arquitecta", "disenador", "disenadora", "redactor", "redactora", "traductor", "traductora", "periodista",
    "investigador", "investigadora", "proyecto", "proyectos", "datos", "ventas", "compras", "recursos", "humanos",
    "sistemas", "calidad", "experiencia", "educacion", "perfil", "habilidades", "becario", "becaria", "estudiante", "y",
    "recepcionista", "limpiador", "limpiadora", "peluquero", "peluquera",
    // Italian.
    "sviluppatore", "sviluppatrice", "ingegnere", "programmatore", "responsabile", "direttore", "direttrice",
    "coordinatore", "coordinatrice", "consulente", "contabile", "commercialista", "impiegato", "impiegata", "assistente",
    "segretaria", "segretario", "venditore", "venditrice", "commesso", "commessa", "infermiere", "infermiera", "medico",
    "farmacista", "insegnante", "maestro", "docente", "tecnico", "elettricista", "meccanico", "saldatore", "idraulico",
    "muratore", "falegname", "cuoco", "cuoca", "cameriere", "cameriera", "autista", "operaio", "operaia", "magazziniere",
    "avvocato", "architetto", "progettista", "grafico", "redattore", "traduttore", "giornalista", "ricercatore",
    "progetto", "progetti", "vendite", "acquisti", "risorse", "umane", "dati", "esperienza", "istruzione", "formazione",
    "competenze", "profilo", "stagista", "tirocinante", "studente", "studentessa", "e", "addetto", "addetta",
    "parrucchiere", "parrucchiera", "capo", "personali",
    // Dutch.
    "ontwikkelaar", "softwareontwikkelaar", "ingenieur", "leidinggevende", "directeur", "bedrijfsleider", "teamleider",
    "projectleider", "adviseur", "medewerker", "medewerkster", "administratief", "boekhouder", "verkoper", "verkoopster",
    "verpleegkundige", "verzorgende", "arts", "apotheker", "leraar", "lerares", "docent", "monteur", "elektricien",
    "lasser", "timmerman", "loodgieter", "schilder", "chauffeur", "magazijnmedewerker", "kok", "ober", "advocaat",
    "jurist", "ontwerper", "vertaler", "journalist", "onderzoeker", "stagiair", "stagiaire", "werkervaring", "opleiding",
    "vaardigheden", "profiel", "gegevens", "persoonlijke", "kapper", "schoonmaker", "beheerder", "beveiliger",
    "communicatie", "beleid", "inkoop", "verkoop", "zorg",
];

/// Trades, tools, places, months and everyday words that are names of people too: what stands around them decides.
pub(super) const BOTH: &[&str] = &[
    "baker", "cook", "carpenter", "mason", "miller", "fisher", "hunter", "butler", "porter", "potter", "turner", "weaver",
    "gardener", "gardner", "shepherd", "smith", "chandler", "cooper", "fuller", "marshall", "marshal", "judge", "bishop",
    "abbott", "pope", "king", "knight", "major", "price", "banks", "law", "taylor", "tanner", "archer", "barber", "bowman",
    "brewer", "farmer", "fletcher", "forester", "foster", "glover", "harper", "parker", "sawyer", "skinner", "spencer",
    "steward", "stewart", "thatcher", "tucker", "tyler", "walker", "wheeler", "wright", "page", "painter", "singer",
    "roller", "bender", "dyer", "sander", "webster", "sexton", "clark", "clerk", "constable", "draper", "mercer", "merchant",
    "muller", "schneider", "schmidt", "fischer", "weber", "becker", "backer", "koch", "richter", "wagner", "zimmermann",
    "kaufmann", "schafer", "bauer", "maler", "schreiber", "metzger", "boulanger", "berger", "marchand", "boucher",
    "chevalier", "fabre", "meunier", "herrero", "zapatero", "guerrero", "pastor", "ferrari", "sarto", "barbieri", "bakker",
    "visser", "smit", "mulder", "boer", "kuiper", "jenkins", "ruby", "jordan", "grace", "crystal", "perl", "dart", "scala", "julia",
    "elm", "swift", "go", "chase", "ford", "delphi", "jade", "pascal", "ada", "basic", "ember", "jasmine", "maya", "max",
    "will", "mark", "grant", "bill", "rose", "may", "april", "june", "august", "art", "young", "long", "rich", "hope",
    "faith", "joy", "dawn", "summer", "autumn", "ray", "rob", "sue", "pat", "jack", "drew", "frank", "ernest", "miles",
    "reed", "wood", "woods", "stone", "hill", "field", "fields", "brook", "brooks", "rivers", "lane", "street", "park",
    "cross", "temple", "house", "hall", "castle", "white", "black", "brown", "green", "gray", "grey", "gold", "silver",
    "prince", "sharp", "small", "little", "short", "strong", "quick", "best", "good", "wise", "moody", "love", "day",
    "week", "winter", "winters", "snow", "frost", "rain", "waters", "english", "french", "german", "holland", "ireland",
    "england", "scotland", "wales", "london", "paris", "berlin", "austin", "dallas", "houston", "phoenix", "madison",
    "lincoln", "jackson", "washington", "georgia", "virginia", "carolina", "florence", "sydney", "chelsea", "brooklyn",
    "savannah", "charlotte", "orlando", "cleveland", "kent", "york", "lancaster", "india", "china", "israel", "chad",
    "asia", "valencia", "sevilla", "toledo", "milan", "roma", "bishop", "dean", "clay", "sterling", "diamond", "pearl",
    "amber", "violet", "lily", "daisy", "iris", "olive", "ivy", "heather", "holly", "robin", "martin", "drake", "wolf",
    "fox", "bear", "cash", "bond", "case", "chance", "duke", "earl", "guy", "sandy", "stormy", "sunny", "forest", "glen",
    "dale", "heath", "cliff", "bridge", "ball", "bush", "flowers", "gates", "root", "barker", "bell", "camp", "bass",
    "pike", "salmon", "herring", "power", "powers", "sparks", "wells", "fields", "meadows", "marsh", "moss", "christian",
    "dolly", "penny", "cherry", "candy", "ginger", "sage", "rosemary", "basil", "victor", "victory", "gene", "jean", "jo",
    "lee", "mary", "star", "spring", "sol", "luz", "paz", "mercedes", "dolores", "pilar", "rocio", "consuelo", "santos",
    "cruz", "reyes", "ramos", "flores", "rios", "mayor", "leon", "lang", "klein", "gross", "kurz", "jung", "schwarz",
    "weiss", "braun", "winter", "sommer", "herbst", "berg", "bach", "stein", "wald", "vogel", "wolf", "fuchs", "konig",
    "petit", "legrand", "leroy", "roy", "blanc", "noir", "roux", "moulin", "fontaine", "dubois", "rossi", "bianchi",
    "russo", "romano", "greco", "conti", "bruno", "costa", "fontana", "monti", "villa", "jansen", "groot", "jong", "wit",
    "zwart", "dijk", "vos", "haas", "leeuw", "ali", "long", "la", "an", "do", "ma", "so", "no", "he", "her", "an", "my",
];

/// Those of [`BOTH`] that are tools, firms, places or months first of all: alone they are the person only where somebody
/// does something.
pub(super) const THINGS: &[&str] = &[
    "ruby", "perl", "dart", "scala", "julia", "elm", "swift", "go", "delphi", "jade", "pascal", "ada", "basic", "ember", "jasmine",
    "jenkins", "chase", "ford", "max", "may", "april", "june", "august", "summer", "autumn", "winter", "spring", "english", "french", "german",
    "holland", "ireland", "england", "scotland", "wales", "london", "paris", "berlin", "austin", "dallas", "houston", "phoenix",
    "madison", "washington", "georgia", "virginia", "carolina", "florence", "sydney", "chelsea", "brooklyn", "savannah", "charlotte",
    "orlando", "cleveland", "kent", "york", "lancaster", "india", "china", "israel", "chad", "asia", "valencia", "sevilla", "toledo",
    "milan", "roma", "jordan", "page", "will", "mark", "grant", "bill", "art", "ferrari", "mercedes", "christian", "spark", "sparks",
    "power", "case", "cash", "bond", "pastor", "baker", "cook", "judge", "major", "dean", "law", "street", "park", "house", "hall",
    "he", "her", "an", "my", "do", "so", "no", "la", "ma",
];

/// Endings of trades in one word, where a name seldom ends so.
pub(super) const TRADE_ENDINGS: &[&str] = &[
    "ologist", "ographer", "ician", "logist", "tician", "ologe", "ologue", "ologo", "ologa", "entwickler", "entwicklerin",
    "techniker", "technikerin", "ingenieur", "ingenieurin", "leiterin", "beauftragte", "beauftragter", "assistentin",
    "fachkraft", "pflegerin", "verkauferin", "beraterin", "lehrerin", "mechanikerin", "fachangestellte", "medewerker",
    "medewerkster", "ontwikkelaar", "kundige", "informatiker", "informatikerin", "referentin", "buchhalterin",
    "sachbearbeiterin", "erzieherin", "arbeiter", "arbeiterin", "worker", "workers", "keeper", "person", "woman",
    "kraft", "management", "manager", "managerin", "developer", "engineer", "designer",
];

/// Letters after a name.
pub(super) const LETTERS: &[&str] = &[
    "phd", "mba", "msc", "bsc", "ma", "ba", "bs", "ms", "md", "rn", "bsn", "msn", "cpa", "pmp", "cfa", "pe", "pt", "dpt",
    "esq", "jd", "llm", "llb", "med", "edd", "dds", "dvm", "lpn", "cna", "np", "crna", "pa-c", "cissp", "cissa", "mph",
    "mfa", "beng", "meng", "bcom", "bed", "mbbs", "frcs", "acca", "aca", "cima", "shrm-cp", "phr", "sphr", "cfp", "csm",
    "dipl-ing", "ing", "lic", "fnp", "aprn", "lcsw", "lmft", "rd", "cissp", "itil", "ra", "aia", "leed", "eit",
];

/// What follows a name and belongs to it.
pub(super) const SUFFIXES: &[&str] = &["jr", "sr", "ii", "iii", "iv", "junior", "senior", "filho", "neto"];

/// Small words inside a name.
pub(super) const PARTICLES: &[&str] = &[
    "de", "del", "della", "dello", "di", "da", "do", "dos", "das", "du", "des", "la", "le", "las", "los", "van", "von", "vom",
    "zu", "zur", "zum", "der", "den", "het", "ter", "ten", "te", "bin", "ibn", "bint", "al", "el", "y", "e", "af", "av", "ben",
    "st", "san", "op", "'t", "t", "of",
];

/// Titles before a name that say nothing of a trade, and give away a sex.
pub(super) const HONORIFICS: &[&str] = &[
    "mr", "mrs", "ms", "miss", "mx", "herr", "frau", "herrn", "fraulein", "monsieur", "madame", "mademoiselle", "mme", "mlle",
    "senor", "senora", "senorita", "sra", "srta", "signor", "signora", "signorina", "sig", "sigra", "dhr", "mevr", "mevrouw",
    "meneer", "mw", "dott", "dottssa", "dottoressa", "dra", "profa", "profssa", "sir", "mister", "missus",
];

/// Titles before a name that a trade or a degree gives.
pub(super) const DEGREES: &[&str] = &["dr", "prof", "professor", "ing", "dipl-ing", "rev", "judge", "doctor"];

/// Products that follow "MS" where somebody writes "Ms".
pub(super) const PRODUCTS: &[&str] = &[
    "office", "excel", "word", "access", "outlook", "powerpoint", "project", "sql", "dos", "visio", "windows", "teams",
    "sharepoint", "dynamics", "azure", "paint", "publisher", "visual", "server", "exchange", "onenote", "crm", "suite", "power",
];

/// What introduces a name: the value of the label is one, whatever its script.
pub(super) const NAME_LABELS: &[&str] = &[
    "name", "full name", "first name", "last name", "given name", "given names", "family name", "surname", "middle name",
    "forename", "maiden name", "birth name", "candidate", "candidate name", "applicant", "applicant name", "preferred name",
    "father's name", "fathers name", "mother's name", "mothers name", "husband's name", "husbands name", "spouse",
    "contact person", "vorname", "nachname", "familienname", "geburtsname", "vor- und nachname", "vorname nachname",
    "vollstandiger name", "bewerber", "bewerberin", "ansprechpartner", "nom", "prenom", "noms", "prenoms", "nom et prenom",
    "nom complet", "nom de famille", "candidat", "candidate", "nombre", "nombres", "apellido", "apellidos",
    "nombre y apellidos", "nombre completo", "nombre y apellido", "candidato", "nome", "cognome", "nome e cognome",
    "nome completo", "cognome e nome", "candidato", "naam", "voornaam", "achternaam", "volledige naam", "roepnaam",
    "familienaam", "kandidaat", "apelido", "sobrenome", "имя", "фамилия", "фио", "отчество", "имя и фамилия", "ім'я",
    "імя", "прізвище", "ονομα", "επωνυμο", "ονοματεπωνυμο", "姓名", "名字", "氏名", "名前", "お名前", "フリカナ", "ふりかな",
    "フリガナ", "ふりがな", "이름", "성명", "성함", "الاسم", "الاسم الكامل", "اسم", "שם", "שם מלא", "नाम", "ชื่อ", "ชอ",
    "ho va ten", "ho ten", "imie", "nazwisko", "imie i nazwisko", "adi soyadi", "ad soyad", "isim", "navn", "namn",
    "nimi", "jmeno", "jmeno a prijmeni", "nev", "supervisor name", "signature", "signed", "unterschrift",
];

/// What introduces other data of a person, which go with their label.
pub(super) const PERSON_LABELS: &[&str] = &[
    "address", "home address", "postal address", "mailing address", "permanent address", "current address",
    "present address", "residence", "place of residence", "street", "postcode", "zip", "zip code", "postal code",
    "date of birth", "dob", "d.o.b", "birth date", "birthdate", "birthday", "born", "born on", "place of birth",
    "birthplace", "date and place of birth", "date/place of birth", "year of birth", "age", "nationality", "nationalities", "citizenship",
    "country of citizenship", "marital status", "civil status", "family status", "gender", "sex", "pronouns",
    "gender identity", "religion", "race", "ethnicity", "ethnic origin", "caste", "children", "number of children",
    "dependents", "dependants", "passport", "passport no", "passport number", "blood group", "height", "weight",
    "sexual orientation", "disability", "photo", "photograph", "picture", "portrait", "headshot", "image",
    // German.
    "adresse", "anschrift", "wohnort", "wohnhaft in", "wohnhaft", "strasse", "plz", "geburtsdatum", "geburtstag",
    "geburtsort", "geboren", "geboren am", "geb", "geb. am", "geburtsdatum und -ort", "geburtsdatum/-ort", "geburtsdatum/geburtsort", "alter",
    "nationalitat", "staatsangehorigkeit", "staatsburgerschaft", "familienstand", "geschlecht", "konfession", "kinder",
    "foto", "bild", "lichtbild", "passfoto", "bewerbungsfoto", "bewerbungsbild",
   
    // French.
    "adresse postale", "domicile", "code postal", "date de naissance", "ne le", "nee le", "ne(e) le", "lieu de naissance",
    "naissance", "nationalite", "situation familiale", "situation de famille", "etat civil", "situation matrimoniale",
    "sexe", "genre", "enfants", "photographie",
    "date et lieu de naissance",
    // Spanish.
    "direccion", "domicilio", "codigo postal", "fecha de nacimiento", "fecha nacimiento", "lugar de nacimiento",
    "fecha y lugar de nacimiento", "nacimiento", "nacionalidad", "estado civil", "sexo", "genero", "edad", "hijos",
    "fotografia",
    "dni", "nie", "religion", "lugar de residencia", "residencia",
    // Italian.
    "indirizzo", "residenza", "domicilio", "data di nascita", "luogo di nascita", "luogo e data di nascita",
    "data e luogo di nascita", "nascita", "nato il", "nata il", "nato/a il", "nazionalita", "cittadinanza", "stato civile", "sesso", "eta",
    "figli",
    "codice fiscale", "fotografia",
    // Dutch and others.
    "adres", "woonplaats", "geboortedatum", "geboorteplaats", "geboortedatum en -plaats", "geboren op", "nationaliteit",
    "burgerlijke staat", "burgerlijke stand", "geslacht", "leeftijd", "kinderen", "pasfoto",
    "geloof", "morada", "data de nascimento", "nacionalidade",
    "endereco", "地址", "住址", "住所", "生年月日", "出生日期", "性别",
    "性別", "年龄", "年齢", "国籍", "国籍", "주소", "생년월일", "성별", "나이", "국적", "адрес",
    "дата рождения", "пол", "возраст", "гражданство", "семейное положение", "العنوان", "تاريخ الميلاد", "الجنس",
    "الجنسية", "العمر", "الحالة الاجتماعية", "الحالة الإجتماعية", "διευθυνση", "ημερομηνια γεννησης", "φυλο",
];

/// What introduces contact data: it counts where such data follow.
pub(super) const CONTACT_LABELS: &[&str] = &[
    "tel", "tel no",
    "telephone", "telephone number", "phone", "phone number", "phone no", "ph", "ph no", "mobile", "mobile number",
    "mobile phone", "mobile no", "mob", "mob no", "cell", "cell phone", "cellphone", "contact", "contact no",
    "contact number", "contact info", "contact information", "contact details", "home", "home phone", "work phone", "fax",
    "email", "e-mail", "e mail", "email id", "mail", "email address", "e-mail address", "mail id", "website", "web site", "personal website",
    "homepage", "blog", "url", "linkedin", "github", "gitlab", "xing", "twitter", "x", "facebook", "instagram", "skype",
    "skype id", "whatsapp", "telegram", "orcid", "google scholar", "researchgate", "stack overflow", "portfolio url",
    "linkedin profile", "linkedin url", "github url", "github profile", "personal page", "medium", "kaggle", "behance", "dribbble",
    // German, French, Spanish, Italian, Dutch, others.
    "telefon", "telefonnummer", "mobil", "handy", "handynummer", "mobiltelefon", "kontakt", "kontaktdaten", "webseite", "internet", "telephone portable", "portable", "courriel", "adresse e-mail", "adresse mail", "coordonnees", "site web", "site internet", "tel portable", "telefono", "telefono movil", "movil", "celular", "correo", "correo electronico", "contacto", "datos de contacto", "pagina web", "sitio web", "cellulare", "telefono cellulare", "posta elettronica", "recapiti", "contatti", "sito web", "sito", "telefoonnummer", "mobiel", "telefoon", "gsm", "e-mailadres", "contactgegevens", "telemovel", "电话", "電話", "手机", "電話番号", "邮箱", "電子郵件", "メール", "전화", "전화번호", "이메일", "телефон", "الهاتف", "τηλεφωνο",
];

/// Labels that need no colon where what follows is a contact, a date or a number.
pub(super) const BARE_LABELS: &[&str] = &[
    "tel", "telephone", "phone", "ph", "mobile", "mob", "cell", "fax", "email", "e-mail", "mail", "dob", "linkedin", "github",
    "telefon", "mobil", "handy", "telefono", "movil", "cellulare", "telefoon", "mobiel", "portable", "courriel", "web",
    "website", "t", "m", "e", "p", "f", "w", "h", "c", "skype", "xing", "call", "contact", "home", "gsm", "correo", "blog",
];

/// Headings and captions that say nothing once the data under them are gone.
pub(super) const EMPTY_HEADINGS: &[&str] = &[
    "contact", "contact me", "contact info", "contact information", "contact details", "personal information", "personal info",
    "personal details", "personal data", "personal particulars", "bio data", "biodata", "kontakt", "kontaktdaten",
    "personliche daten", "personliche angaben", "zur person", "coordonnees", "informations personnelles",
    "donnees personnelles", "etat civil", "datos personales", "datos de contacto", "informacion personal", "contacto",
    "dati personali", "informazioni personali", "contatti", "recapiti", "persoonlijke gegevens", "personalia", "contactgegevens",
    "photo", "foto", "photograph", "picture", "profile photo", "profile picture", "passport photo", "passfoto", "pasfoto",
    "bewerbungsfoto", "lichtbild", "headshot", "portrait", "fotografia", "photographie", "photo d'identite", "photo didentite",
];

/// What a document calls itself, before somebody's name.
pub(super) const DOCUMENTS: &[&str] = &[
    "curriculum vitae", "curriculum", "cv", "resume", "lebenslauf", "bewerbung", "bewerbungsunterlagen", "candidature",
    "hoja de vida", "levensloop", "candidate profile",
];

/// What links a document to somebody: "of", "de".
pub(super) const LINKS: &[&str] = &["of", "for", "from", "de", "von", "van", "di", "du", "by"];

/// Captions of photographs, as they begin.
pub(super) const CAPTIONS: &[&str] = &[
    "photo of", "photograph of", "picture of", "portrait of", "headshot of", "image of", "photo by", "foto von", "bild von",
    "photo de", "portrait de", "foto de", "fotografia de", "foto di", "foto van",
];

/// Headings of sections in which people other than the candidate are named.
pub(super) const REFERENCES: &[&str] = &[
    "references", "reference", "referees", "professional references", "referenzen", "references professionnelles",
    "referencias", "referenze", "referenties", "personal references", "recommendations",
];

/// What introduces another person's name in a sentence or under a colon.
pub(super) const INTRODUCES: &[&str] = &[
    "reference", "references", "referee", "supervisor", "line manager", "manager", "reported to", "reporting to",
    "reports to", "supervised by", "mentored by", "recommended by", "referred by", "managed by", "led by", "advisor",
    "adviser", "thesis advisor", "my name is", "i am", "ich heisse", "mein name ist", "je m'appelle", "je mappelle",
    "me llamo", "mi nombre es", "mi chiamo", "mijn naam is", "ik heet", "sincerely", "regards", "kind regards",
    "best regards", "yours sincerely", "yours faithfully", "respectfully", "mit freundlichen grussen", "cordialement",
    "atentamente", "saludos", "cordiali saluti", "distinti saluti", "met vriendelijke groet", "referent", "vorgesetzter",
    "betreuer", "superieur", "supervisado por", "dirigido por", "wife of", "husband of", "son of", "daughter of", "s/o",
    "d/o", "w/o", "this is", "hi i'm", "i'm", "im", "contact", "by", "author", "written by",
];

/// Headings that end the head of a resume.
pub(super) const SECTIONS: &[&str] = &[
    "profile", "summary", "objective", "experience", "skills", "education", "employment", "qualifications", "highlights",
    "work", "career", "professional", "about", "accomplishments", "competencies", "profil", "zusammenfassung",
    "berufserfahrung", "kenntnisse", "ausbildung", "werdegang", "experiences", "formation", "competences", "perfil",
    "experiencia", "educacion", "formacion", "habilidades", "resumen", "profilo", "esperienza", "istruzione", "formazione",
    "competenze", "profiel", "werkervaring", "opleiding", "vaardigheden", "languages", "sprachen", "langues", "idiomas",
    "lingue", "talen", "executive", "core", "technical", "training", "tools", "executive", "overview", "expertise", "key",
];

/// Headings and words of education: where years of graduation stand.
pub(super) const STUDIES: &[&str] = &[
    "education", "degree", "bachelor", "bachelors", "master", "masters", "bsc", "msc", "ba", "bs", "ma", "mba", "phd", "diploma",
    "graduated", "graduation", "graduate", "university", "college", "school", "ged", "abitur", "diplom", "studium",
    "universitat", "hochschule", "schule", "ausbildung", "licence", "universite", "baccalaureat", "ecole", "formation",
    "grado", "licenciatura", "universidad", "bachillerato", "educacion", "formacion", "laurea", "universita", "diploma",
    "istruzione", "formazione", "universiteit", "hogeschool", "opleiding", "studie", "associate", "institute", "academy",
    "doctorate", "beng", "meng", "btech", "mtech", "bcom", "studies", "abschluss", "promotion", "lycee", "instituto",
];

/// The months, short and long.
pub(super) const MONTHS: &[&str] = &[
    "jan", "january", "januar", "janvier", "enero", "gennaio", "januari", "feb", "february", "februar", "fevrier", "febrero",
    "febbraio", "februari", "mar", "march", "marz", "maerz", "mars", "marzo", "maart", "apr", "april", "avril", "abril", "aprile", "may", "mai", "mayo",
    "maggio", "mei", "jun", "june", "juni", "juin", "junio", "giugno", "jul", "july", "juli", "juillet", "julio", "luglio",
    "aug", "august", "aout", "agosto", "augustus", "sep", "sept", "september", "septembre", "septiembre", "settembre", "oct",
    "okt", "october", "oktober", "octobre", "octubre", "ottobre", "nov", "november", "novembre", "noviembre", "dec", "dez",
    "december", "dezember", "decembre", "diciembre", "dicembre",
];

/// Ends of domains.
pub(super) const DOMAINS: &[&str] = &[
    "com", "org", "net", "io", "dev", "me", "eu", "de", "fr", "es", "it", "nl", "uk", "co", "ch", "at", "be", "info", "app", "in",
    "us", "ca", "page", "site", "tech", "ai", "xyz", "online", "blog", "name", "pro", "biz", "edu", "gov", "pt", "pl", "se", "no",
    "dk", "fi", "ie", "au", "nz", "br", "mx", "ar", "cl", "jp", "cn", "kr", "ru", "tr", "za", "ng", "ly", "be", "tv", "cv", "cat",
    "work", "studio", "design", "digital", "agency", "website", "art", "photography", "example", "test",
];

/// Places where people have pages.
pub(super) const PLATFORMS: &[&str] = &[
    "linkedin.com", "github.com", "gitlab.com", "xing.com", "twitter.com", "x.com", "facebook.com", "instagram.com",
    "medium.com", "behance.net", "dribbble.com", "kaggle.com", "orcid.org", "researchgate.net", "stackoverflow.com",
    "github.io", "about.me", "bitbucket.org", "youtube.com", "t.me", "wa.me", "dev.to", "substack.com",
];

/// Streets that stand before their number in one word: "Hauptstraße 12".
pub(super) const STREET_ENDINGS: &[&str] = &[
    "strasse", "str", "weg", "gasse", "allee", "platz", "damm", "ufer", "straat", "laan", "plein", "gracht", "kade", "steeg",
    "singel", "dijk", "steig", "chaussee", "dreef",
];

/// Streets in a word of their own, before or after the name.
pub(super) const STREETS: &[&str] = &[
    "street", "st", "road", "rd", "avenue", "ave", "av", "lane", "ln", "drive", "dr", "boulevard", "blvd", "court", "ct",
    "place", "pl", "terrace", "way", "close", "crescent", "square", "sq", "highway", "hwy", "parkway", "pkwy", "circle", "cir", "trail",
    "strasse", "str", "platz", "allee", "weg", "ring", "damm", "straat", "laan", "plein", "gardens", "grove", "mews", "row", "walk",
];

/// Streets that stand before the name: "12 rue de la Paix", "Calle Mayor 12".
pub(super) const STREETS_BEFORE: &[&str] = &[
    "rue", "avenue", "boulevard", "bd", "allee", "impasse", "chemin", "quai", "place", "calle", "c", "avda", "avenida",
    "plaza", "paseo", "carrera", "travesia", "ronda", "camino", "via", "viale", "piazza", "corso", "largo", "vicolo", "strada",
    "rua", "travessa", "am", "an", "auf", "im", "unter", "route", "cours",
];

/// Parts of an address that have a number after them.
pub(super) const FLATS: &[&str] = &[
    "apt", "apartment", "flat", "suite", "ste", "unit", "floor", "room", "po", "p.o", "postfach", "appartement", "apto", "piso",
    "portal", "interno", "scala", "bus", "box", "no", "nr",
];

/// What says that a capitalised word beside it is a firm, a school or a place.
pub(super) const FIRMS: &[&str] = &[
    "inc", "llc", "ltd", "limited", "plc", "gmbh", "ag", "kg", "ohg", "se", "sa", "sas", "sarl", "srl", "spa", "bv", "nv", "corp",
    "corporation", "company", "co", "group", "bank", "holding", "holdings", "university", "college", "school", "hospital",
    "clinic", "institute", "foundation", "church", "hotel", "restaurant", "consulting", "partners", "associates", "sons",
    "brothers", "bros", "labs", "technologies", "industries", "motors", "county", "city", "park", "street", "station",
    "center", "centre", "stadium", "library", "museum", "theatre", "theater", "airport", "agency", "studio", "studios",
    "solutions", "systems", "services", "international", "manhattan", "pharma", "electric", "airlines", "logistics",
    "on", "test", "scale", "method", "award", "prize", "index", "law", "model", "cycle", "diagram",
];

/// Small words after which a capitalised word is a place or a firm, not the candidate.
pub(super) const PLACES_AFTER: &[&str] = &[
    "in", "at", "near", "bei", "chez", "en", "presso", "te", "within", "across", "around", "throughout", "outside",
];

/// Words after a name that say what the person does.
pub(super) const DOES: &[&str] = &[
    "is", "was", "has", "had", "led", "leads", "managed", "manages", "worked", "works", "joined", "holds", "held", "brings",
    "brought", "lives", "lived", "studied", "speaks", "graduated", "enjoys", "loves", "built", "builds", "started",
    "earned", "received", "served", "serves", "developed", "designed", "began", "ist", "hat", "war", "leitet", "leitete",
    "arbeitet", "arbeitete", "est", "a", "es", "fue", "tiene", "trabaja", "ha", "lavora", "heeft", "werkt", "werkte",
];

/// Words that a cell of a resume's head consists of where it says sex, family or age.
pub(super) const STATUS: &[&str] = &[
    "male", "female", "m", "f", "man", "woman", "non-binary", "nonbinary", "single", "married", "unmarried", "divorced", "widowed",
    "mannlich", "weiblich", "divers", "ledig", "verheiratet", "geschieden", "verwitwet", "homme", "femme", "celibataire", "marie",
    "mariee", "divorce", "divorcee", "pacse", "pacsee", "hombre", "mujer", "varon", "soltero", "soltera", "casado", "casada", "divorciado", "divorciada",
    "maschio", "femmina", "celibe", "nubile", "sposato", "sposata", "coniugato", "coniugata", "vrouw", "gehuwd", "ongehuwd",
    "samenwonend", "gescheiden", "vrouwelijk", "mannelijk", "child", "children", "kids", "kind", "kinder", "kinderen", "enfant", "enfants", "hijo", "hijos", "figlio",
    "figli", "national", "citizen", "nationality", "staatsangehorigkeit", "nationalite", "nacionalidad",
];

/// What such a cell has beside them: "two children", "married with no kids".
pub(super) const BESIDE_STATUS: &[&str] = &[
    "one", "two", "three", "no", "zwei", "ein", "drei", "deux", "un", "dos", "due", "twee", "years", "year", "yrs",
    "old", "jahre", "alt", "ans", "anos", "anni", "jaar", "oud", "aged", "age", "with",
];

/// Peoples, as a cell of a resume's head names them beside other data of a person.
pub(super) const PEOPLES: &[&str] = &[
    "american", "british", "english", "irish", "scottish", "welsh", "canadian", "australian", "german", "french", "spanish",
    "italian", "dutch", "belgian", "swiss", "austrian", "portuguese", "polish", "czech", "slovak", "hungarian", "romanian",
    "bulgarian", "greek", "turkish", "russian", "ukrainian", "swedish", "norwegian", "danish", "finnish", "indian",
    "pakistani", "bangladeshi", "chinese", "japanese", "korean", "vietnamese", "thai", "filipino", "indonesian", "malaysian",
    "egyptian", "moroccan", "algerian", "tunisian", "lebanese", "syrian", "iraqi", "iranian", "israeli", "saudi", "nigerian", "ghanaian",
    "kenyan", "ethiopian", "mexican", "brazilian", "argentinian", "colombian", "chilean", "peruvian", "cuban", "venezuelan",
    "us", "uk", "eu", "deutsch", "turkisch", "polnisch", "spanisch", "italienisch", "franzosisch", "osterreichisch",
    "francais", "francaise", "allemand", "allemande", "espagnol", "espagnole", "italien", "italienne", "marocain", "marocaine",
    "espanol", "espanola", "aleman", "alemana", "frances", "francesa", "mexicano", "mexicana", "italiano", "italiana",
    "tedesco", "tedesca", "francese", "spagnolo", "spagnola", "nederlandse", "nederlands", "duitse", "belgische", "turkse",
];

/// Languages and their small words, by which a line's language is told.
pub(super) const SMALL_WORDS: [&[&str]; 6] = [
    &[
        "the", "and", "of", "to", "with", "for", "was", "is", "has", "had", "in", "on", "at", "as", "by", "from", "that", "she", "his",
        "team", "who", "which", "an", "are", "led", "years",
    ],
    &[
        "der", "die", "das", "und", "mit", "von", "zu", "im", "den", "dem", "ein", "eine", "einer", "einem", "einen", "ist", "war", "hat", "als",
        "bei", "fur", "auf", "ihr", "ihre", "seit", "sich", "nach", "uber", "wurde", "sein", "seine", "er", "sie",
    ],
    &[
        "le", "la", "les", "des", "du", "et", "dans", "pour", "avec", "sur", "est", "une", "un", "elle", "il", "au", "aux", "par", "qui",
        "que", "ses", "son", "sa", "chez", "ete",
    ],
    &[
        "el", "la", "los", "las", "y", "con", "para", "por", "del", "una", "un", "es", "fue", "su", "sus", "que", "como", "en", "ella", "al",
        "ha", "desde",
    ],
    &[
        "il", "lo", "la", "gli", "e", "di", "con", "per", "una", "un", "della", "del", "dei", "che", "nel", "nella", "lui", "lei", "suo",
        "sua", "ha", "stato", "stata", "presso", "dal", "le", "alla",
    ],
    &[
        "het", "een", "en", "van", "met", "voor", "de", "zijn", "haar", "hij", "zij", "ze", "bij", "naar", "als", "heeft", "werd", "aan", "op",
        "te", "dat", "door", "ook",
    ],
];

/// Personal pronouns of one sex, by language as above, with their possessives where these show the owner's.
pub(super) const PRONOUNS: [&[&str]; 6] = [
    &["he", "she", "him", "her", "his", "hers", "himself", "herself"],
    &[
        "er", "sie", "ihm", "ihn", "ihr", "ihre", "ihren", "ihrer", "ihrem", "ihres", "ihnen", "sein", "seine", "seinen", "seiner",
        "seinem", "seines", "ihrerseits", "seinerseits",
    ],
    &["il", "elle", "lui", "lui-meme", "elle-meme", "celui-ci", "celle-ci"],
    &["él", "ella"],
    &["lui", "lei", "egli", "ella", "esso", "essa"],
    &["hij", "zij", "ze", "hem", "haar", "zijn", "hemzelf", "haarzelf"],
];

/// What stands in a declaration of pronouns: "she/her", "they/them".
pub(super) const DECLARED: &[&str] = &[
    "he", "she", "him", "her", "his", "hers", "they", "them", "theirs", "s", "ze", "hir", "xe", "er", "sie", "ihm", "ihr", "hij", "zij",
    "hem", "haar", "el", "ella", "elle", "il", "lui", "lei", "iel", "hen", "hun", "die", "dey",
];

/// What a date or place of birth begins with.
pub(super) const BORN: &[&str] = &["born", "geboren", "geb", "né", "née", "nacido", "nacida", "nato", "nata", "d.o.b", "dob"];

/// Small words inside a date or place of birth.
pub(super) const BIRTH_WORDS: &[&str] = &[
    "in", "on", "at", "the", "of", "am", "im", "le", "a", "en", "el", "il", "op", "te", "de", "del", "and", "raised", "und", "aufgewachsen",
    "den", "um", "nel", "y", "e", "et", "circa", "around", "year", "jahr", "year", "ano", "anno", "jaar",
];
