//! How jobs speak of the employer, the offer and how to apply: phrases of [`super::wishes::lower_words`], each with the
//! space before its first word, and one behind its last where that word must end there.

/// Sentences that begin so are about the offer.
pub(super) const OFFERS: &[&str] = &[
    " we offer ", " we also offer ", " we can offer ", " in return we offer ", " in return you get ", " in return for ", " what we offer ",
    " our offer ", " our benefits ", " benefits include ", " the benefits ", " perks include ", " salary range ", " the salary range ",
    " the salary for ", " base salary ", " the base salary ", " pay follows ", " we pay ", " you can look forward to ",
    " wir bieten ", " außerdem bieten wir ", " zudem bieten wir ", " dafür bieten wir ", " darüber hinaus bieten wir ", " was wir bieten ",
    " unser angebot ", " freu dich auf ", " freuen sie sich auf ", " die vergütung ", " das gehalt ", " das jahresgehalt ",
    " das bruttojahresgehalt ", " das mindestgehalt ", " ihre vorteile ", " deine vorteile ",
    " nous offrons ", " nous vous offrons ", " nous proposons ", " nous vous proposons ", " ce que nous offrons ", " ce que nous proposons ",
    " rémunération ", " la rémunération ", " le salaire ", " salaire ",
    " ofrecemos ", " te ofrecemos ", " le ofrecemos ", " se ofrece ", " qué ofrecemos ", " el salario ", " salario ",
    " offriamo ", " ti offriamo ", " si offre ", " cosa offriamo ", " la retribuzione ", " retribuzione ",
    " wij bieden ", " we bieden ", " wat wij bieden ", " wat bieden wij ", " het salaris ", " salaris ",
];

/// Sentences that begin so tell how to apply.
pub(super) const APPLIES: &[&str] = &[
    " apply now ", " apply online ", " apply today ", " apply here ", " send us your ", " send your application ", " send your cv ",
    " send your resume ", " please send your ", " please send us ", " please submit your ", " submit your application ",
    " submit your cv ", " if this sounds like you ", " we look forward to your ", " we look forward to hearing ",
    " we look forward to receiving ", " we look forward to meeting ", " applications are reviewed ", " applications close ",
    " application deadline ", " the application deadline ", " closing date ", " the closing date ", " we reply within ",
    " jetzt bewerben ", " bewerben sie sich ", " bitte bewerben sie sich ", " bewirb dich ", " wir freuen uns auf ihre bewerbung ",
    " wir freuen uns auf deine bewerbung ", " wir freuen uns auf dich ", " wir freuen uns auf sie ", " bitte senden sie ",
    " senden sie ihre ", " senden sie uns ", " schicken sie ihre ", " schicken sie uns ", " schick uns ", " sende uns ", " bewerbungsfrist ",
    " postulez ", " envoyez votre ", " envoyez nous ", " merci d envoyer ", " merci d adresser ", " adressez votre ", " pour postuler ",
    " envía tu ", " envíe su ", " envíanos ", " envíenos ", " para postular ", " inscríbete ",
    " invia il tuo ", " inviaci ", " inviare il proprio ", " inviare cv ", " candidati ora ", " per candidarti ", " per candidarsi ",
    " solliciteer ", " stuur je ", " stuur jouw ", " stuur uw ", " stuur ons ", " mail je ",
];

/// Sentences that begin so tell how to apply where they name one of [`PAPERS`].
pub(super) const APPLY: &[&str] = &[" apply ", " please apply ", " to apply "];

/// What people apply with.
pub(super) const PAPERS: &[&str] = &[
    " letter ", " cv ", " resume ", " resumé ", " résumé ", " application ", " form ", " link ", " website ", " career page ",
];

/// Sentences that have one of these state equal opportunity.
pub(super) const EQUAL: &[&str] = &[
    " equal opportunity employer", " equal opportunities employer", " equal employment opportunity employer", " without regard to race",
    " regardless of race", " regardless of gender", " regardless of age", " regardless of origin", " regardless of ethnic",
    " regardless of your background",
    " unabhängig von geschlecht", " unabhängig von alter", " unabhängig von herkunft", " unabhängig von nationalität",
    " unabhängig von ihrer herkunft", " unabhängig von deiner herkunft",
    " indépendamment de leur origine", " indépendamment du sexe", " sans distinction d ", " sans distinction de ",
    " sin distinción de ", " independientemente de su género", " independientemente de su sexo",
    " di ambo i sessi", " dell uno e dell altro sesso", " indipendentemente da genere", " senza distinzione di ",
    " ongeacht geslacht", " ongeacht leeftijd", " ongeacht afkomst", " ongeacht je achtergrond",
];

/// An offer that has one of these may say what the work is.
pub(super) const WORK: &[&str] = &[
    " opportunity to ", " opportunity for ", " chance to ", " role as ", " role in ", " position as ", " job as ", " work on ",
    " working on ", " you will ", " you ll ", " möglichkeit ", " stelle als ", " position als ", " rolle als ",
    " poste de ", " poste d ", " rejoindre ", " puesto de ", " oportunidad de ", " opportunità di ", " ruolo di ", " posizione di ",
    " functie als ", " kans om ", " mogelijkheid om ", " rol als ",
];

/// Sentences that have one of these ask for something or say what the work is, in a section about the offer or the
/// application too.
pub(super) const ASKS: &[&str] = &[
    " must ", " required ", " requires ", " requirement", " responsible for ", " responsibilities ", " looking for ", " we expect ",
    " we seek ", " driving licen", " driver s licen", " licence is ", " license is ", " valid licen", " clearance ", " work permit",
    " voraussetzung", " erforderlich", " anforderung", " wir suchen ", " suchen wir ", " wir erwarten ", " erwarten wir ", " führerschein ",
    " exigé", " requis", " recherchons ", " cherchons ", " permis de ", " requisit", " imprescindible", " buscamos ", " richiest",
    " cerchiamo ", " vereist", " zoeken ", " op zoek ", " rijbewijs ",
];

/// The same in a section about the employer, which says less of candidates.
pub(super) const ASKS_IN_EMPLOYER: &[&str] = &[
    " you will ", " you ll ", " you are ", " you re ", " you have ", " you bring ", " you know ", " your role ", " your tasks ", " your work ",
    " this role ", " the role ", " this job ", " the successful ", " join us ", " join our ", " join the ", " to join ", " seeking ", " candidate",
    " applicant", " ideal ", " we need ", " we re hiring ", " we are hiring ", " experience in ", " experience with ", " experience of ",
    " experience as ", " knowledge of ", " fluent ", " degree in ", " skills in ",
    " du wirst ", " du hast ", " du bist ", " sie haben ", " sie sind ", " sie verfügen ", " sie bringen ", " gesucht ", " aufgaben ",
    " verantwortlich ", " voraussetz", " kenntnisse", " erfahrung in ", " erfahrung mit ", " erfahrung als ", " erfahrung im ",
    " wir brauchen ", " verstärkung ",
    " recherche un ", " recherche une ", " vous serez ", " vous avez ", " vous êtes ", " vos missions ", " votre mission ", " le poste ",
    " expérience en ", " expérience dans ", " expérience de ", " connaissance", " maîtrise ",
    " busca un ", " busca una ", " tendrás ", " serás ", " tus funciones ", " requiere ", " experiencia en ", " experiencia con ",
    " conocimiento", " el puesto ",
    " ricerca un ", " ricerca una ", " alla ricerca ", " ti occuperai ", " sarai ", " esperienza in ", " esperienza con ", " esperienza di ",
    " esperienza nel ", " conoscenza ", " mansioni ",
    " zoekt ", " jij bent ", " je bent ", " je hebt ", " je gaat ", " jouw taken ", " ervaring met ", " ervaring in ", " ervaring als ",
    " kennis van ",
];

/// Sentences that have one of these say where the work is.
pub(super) const PLACE: &[&str] = &[
    " based in ", " based at ", " based near ", " located in ", " located at ", " location ", " office in ", " offices in ", " office is in ",
    " headquartered in ", " standort", " arbeitsort", " einsatzort", " dienstort", " mit sitz ", " sitz in ", " basé à ", " basée à ",
    " basé en ", " basée en ", " situé à ", " située à ", " situé en ", " située en ", " lieu de travail ", " ubicad", " con sede ",
    " sede en ", " lugar de trabajo ", " sede di ", " sede a ", " luogo di lavoro ", " gevestigd ", " standplaats", " locatie ",
];
