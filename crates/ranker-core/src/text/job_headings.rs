//! Headings of the sections of jobs, in lower case: English, German, French, Spanish, Italian, Dutch.

/// Headings over what is required begin with one of these.
pub(super) const REQUIRED: &[&str] = &[
    "requirements", "required", "qualifications", "minimum", "basic", "must", "skills", "your profile", "your skills", "your background",
    "what you bring", "what you'll bring", "what we expect", "what we look for", "what we are looking for", "we are looking for",
    "you bring", "you have", "who you are", "about you", "experience", "essential", "job requirements", "key requirements",
    "anforderungen", "dein profil", "ihr profil", "das bringst", "das bringen sie", "qualifikation", "voraussetzungen", "profil",
    "exigences", "votre profil", "profil recherché", "compétences", "requisitos", "tu perfil", "perfil", "requisiti", "il tuo profilo",
    "profilo", "functie-eisen", "jouw profiel",
];

/// Headings over wishes that say so in no other way.
pub(super) const WELCOME: &[&str] = &[
    "also welcome", "welcome", "and perhaps", "extras", "außerdem willkommen", "bienvenu", "bienvenido", "welkom",
];

/// Headings over the work, and over what else is not required, begin with one of these.
pub(super) const OTHER: &[&str] = &[
    "about the", "the work", "your work", "your tasks", "tasks", "duties", "responsibilities", "key responsibilities",
    "what you will do", "what you'll do", "the role", "your role", "role", "company", "benefits", "perks", "pay", "salary", "apply",
    "contact", "aufgaben", "deine aufgaben", "ihre aufgaben", "kontakt", "missions", "vos missions", "avantages", "funciones",
    "ofrecemos", "mansioni", "offriamo",
];

/// Headings over who the employer is.
pub(super) const EMPLOYER: &[&str] = &[
    "about us", "about our company", "about the company", "about the employer", "about the firm", "about the organisation",
    "about the organization", "about our organisation", "about our organization", "who we are", "what we do", "our company",
    "the company", "company", "company description", "company overview", "company profile", "our story", "our values", "our culture",
    "why us", "why join us", "why work with us", "why work for us", "the employer",
    "über uns", "wer wir sind", "das sind wir", "unser unternehmen", "das unternehmen", "unternehmen", "unternehmensprofil",
    "unternehmensbeschreibung", "firmenprofil", "der arbeitgeber", "warum wir",
    "à propos", "à propos de nous", "qui sommes-nous", "qui sommes nous", "l'entreprise", "notre entreprise", "entreprise",
    "présentation de l'entreprise", "la société", "notre société",
    "sobre nosotros", "quiénes somos", "la empresa", "nuestra empresa", "empresa", "descripción de la empresa",
    "chi siamo", "su di noi", "l'azienda", "la nostra azienda", "azienda",
    "over ons", "wie wij zijn", "wie we zijn", "wie zijn wij", "het bedrijf", "ons bedrijf", "bedrijf",
];

/// Headings over what the employer offers: pay, benefits, equal opportunity.
pub(super) const OFFER: &[&str] = &[
    "we offer", "we offer you", "what we offer", "what we offer you", "what we can offer", "what we can offer you", "our offer",
    "in return we offer", "in return we offer you", "in return you get", "benefits", "our benefits", "your benefits",
    "employee benefits", "company benefits", "benefits and perks", "perks and benefits", "perks", "pay", "pay and benefits", "salary",
    "salary range", "salary and benefits", "compensation", "compensation and benefits", "remuneration", "what you get",
    "what you will get", "what you'll get", "what's in it for you", "what is in it for you", "package", "the package",
    "equal opportunity", "equal opportunities", "equal opportunity employer", "equal opportunity statement",
    "equal employment opportunity", "diversity and inclusion", "diversity equity and inclusion",
    "wir bieten", "wir bieten dir", "wir bieten ihnen", "was wir bieten", "was wir dir bieten", "was wir ihnen bieten",
    "das bieten wir", "das bieten wir dir", "das bieten wir ihnen", "unser angebot", "unsere leistungen", "unsere benefits",
    "deine vorteile", "ihre vorteile", "deine benefits", "ihre benefits", "vergütung", "gehalt", "chancengleichheit",
    "nous offrons", "nous vous offrons", "ce que nous offrons", "ce que nous vous offrons", "nous proposons", "ce que nous proposons",
    "avantages", "les avantages", "vos avantages", "nos avantages", "rémunération", "rémunération et avantages", "salaire",
    "égalité des chances",
    "ofrecemos", "te ofrecemos", "qué ofrecemos", "lo que ofrecemos", "qué te ofrecemos", "beneficios", "salario", "retribución",
    "igualdad de oportunidades",
    "offriamo", "cosa offriamo", "ti offriamo", "benefit", "retribuzione", "stipendio", "pari opportunità",
    "wij bieden", "wij bieden jou", "wat wij bieden", "wat wij jou bieden", "wat bieden wij", "wat we bieden", "arbeidsvoorwaarden",
    "salaris",
];

/// Headings over how to apply.
pub(super) const APPLICATION: &[&str] = &[
    "how to apply", "to apply", "apply", "apply now", "application process", "our hiring process", "our recruitment process",
    "our interview process", "next steps", "contact", "contact us", "your application", "interested",
    "bewerbung", "ihre bewerbung", "deine bewerbung", "so bewirbst du dich", "so bewerben sie sich", "jetzt bewerben",
    "bewerbungsprozess", "kontakt", "ansprechpartner", "ansprechpartnerin", "interesse", "interessiert",
    "comment postuler", "pour postuler", "postuler", "candidature", "votre candidature", "intéressé", "intéressée",
    "cómo postular", "cómo aplicar", "cómo inscribirse", "contacto", "interesado",
    "come candidarsi", "candidatura", "contatti",
    "hoe te solliciteren", "solliciteren", "sollicitatie", "sollicitatieprocedure", "contactpersoon", "geïnteresseerd",
];

/// What stands before the employer's name in a heading: "About Acme".
pub(super) const ABOUT: &[&str] = &[
    "about", "life at", "why", "über", "à propos de", "sobre", "acerca de", "over",
];

/// Words that are in no employer's name: "About The Role".
pub(super) const NO_NAME: &[&str] = &[
    "role", "job", "position", "opportunity", "team", "work", "you", "your", "responsibilities", "candidate", "duties", "project",
    "department", "requirements", "this", "day", "experience", "skills",
    "stelle", "aufgabe", "aufgaben", "dich", "sie", "kenntnisse", "erfahrung", "tätigkeit", "rolle",
    "poste", "mission", "missions", "équipe", "vous", "toi", "expérience", "puesto", "trabajo", "equipo", "ti", "tú", "experiencia",
    "functie", "jou", "jij", "rol", "ervaring", "ruolo", "te", "esperienza",
];

/// Small words within names.
pub(super) const IN_NAMES: &[&str] = &["and", "&", "of", "the", "for", "und", "von", "der", "et", "de", "du", "la", "y", "e", "en", "van"];
