"""Makes resumes by templates from the bundled people, whose text is known.

    python -m venv venv && venv/bin/pip install python-docx typst
    apt-get install libreoffice-writer chromium         (or whatever brings `soffice` and `chromium`)
    venv/bin/python scripts/make_resumes.py OUT [--people 24]

Each person is set by each template; beside OUT/TEMPLATE-ID.EXT lies OUT/TEMPLATE-ID.EXT.words, the words in
reading order. `cargo run --release -p ingest -- text OUT` reads the documents and compares.
"""

import argparse
import copy
import gzip
import html
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import docx
import typst
from docx.enum.section import WD_SECTION
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml import etree

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIDE = ("skill", "tool", "competenc", "language", "education", "training")


def people(count):
    """Every so many-th person: name, headline, and sections of a heading and lines."""
    lines = (ROOT / "data/bundled/profiles.jsonl").read_text().splitlines()
    for line in lines[:: max(1, len(lines) // count)][:count]:
        profile = json.loads(line)
        blocks = [b.split("\n") for b in profile["text"].split("\n\n")]
        sections, current = [], None
        for block in blocks:
            if len(block) > 1 and len(block[0]) < 40 and not block[0].startswith(("-", "•")) and ":" not in block[0]:
                if not re.search(r"\d{4}", block[0]):
                    current = (block[0], [])
                    sections.append(current)
                    block = block[1:]
            if current is None:
                current = ("Profile", [])
                sections.append(current)
            current[1].extend(block)
        name = f"Person {profile['id'].upper()} Sample"
        yield {"id": profile["id"], "name": name, "title": profile["title"], "sections": sections}


def in_side(heading):
    return any(word in heading.lower() for word in SIDE)


def parts(person):
    """The sections of a sidebar and those of the main column."""
    side = [s for s in person["sections"] if in_side(s[0])]
    main = [s for s in person["sections"] if not in_side(s[0])]
    return side, main


def bare(line):
    return re.sub(r"^[-•*]\s*", "", line)


def words(person, order, header=""):
    lines = [header] if header else []
    lines += [person["name"], person["title"]]
    for heading, content in order:
        lines.append(heading)
        lines += [bare(line) for line in content]
    return "\n".join(lines)


# --- Text ----------------------------------------------------------------------------------------


def text_utf16(person, path):
    text = words(person, person["sections"])
    path.write_bytes(text.encode("utf-16"))
    return text


def text_latin1(person, path):
    text = words(person, person["sections"])
    path.write_bytes(text.encode("cp1252", "replace"))
    return text


def text_gzip(person, path):
    text = words(person, person["sections"])
    path.write_bytes(gzip.compress(text.encode()))
    return text


# --- DOCX by python-docx -------------------------------------------------------------------------


def fill(container, sections):
    for heading, content in sections:
        container.add_paragraph().add_run(heading).bold = True
        for line in content:
            style = "List Bullet" if line.startswith(("-", "•", "*")) else None
            container.add_paragraph(bare(line), style=style)


def docx_plain(person, path):
    document = docx.Document()
    document.add_heading(person["name"], 0)
    document.add_paragraph(person["title"])
    fill(document, person["sections"])
    document.save(path)
    return words(person, person["sections"])


def docx_table(person, path):
    """Two columns by a table without lines, and a header."""
    side, main = parts(person)
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Curriculum vitae"
    document.add_heading(person["name"], 0)
    document.add_paragraph(person["title"])
    left, right = document.add_table(1, 2).rows[0].cells
    fill(left, side)
    fill(right, main)
    document.save(path)
    return words(person, side + main, "Curriculum vitae")


def docx_columns(person, path):
    """Two newspaper columns."""
    side, main = parts(person)
    document = docx.Document()
    document.add_heading(person["name"], 0)
    document.add_paragraph(person["title"])
    section = document.add_section(WD_SECTION.CONTINUOUS)
    columns = section._sectPr.xpath("./w:cols")[0]
    columns.set(qn("w:num"), "2")
    fill(document, main + side)
    document.save(path)
    return words(person, main + side)


def docx_boxes(person, path):
    """A sidebar in a text box, as designers' templates have it, with Word's fallback beside it."""
    side, main = parts(person)
    document = docx.Document()
    document.add_heading(person["name"], 0)
    anchor = document.add_paragraph(person["title"])
    holder = docx.Document()
    fill(holder, side)
    boxed = [p for p in holder.element.body if p.tag == qn("w:p")]
    run = anchor.add_run()._r
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    wps = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
    alternate = etree.SubElement(run, f"{{{mc}}}AlternateContent", nsmap={"mc": mc, "wps": wps})
    for kind in ("Choice", "Fallback"):
        branch = etree.SubElement(alternate, f"{{{mc}}}{kind}")
        box = etree.SubElement(branch, f"{{{wps}}}txbx") if kind == "Choice" else branch
        inner = OxmlElement("w:txbxContent")
        box.append(inner)
        for paragraph in boxed:
            inner.append(copy.deepcopy(paragraph))
    fill(document, main)
    document.save(path)
    return words(person, side + main)


# --- HTML, and PDF by Chromium -------------------------------------------------------------------


def html_sections(sections):
    out = []
    for heading, content in sections:
        out.append(f"<h2>{html.escape(heading)}</h2>")
        items = []
        for line in content + [None]:
            if line is not None and line.startswith(("-", "•", "*")):
                items.append(f"<li>{html.escape(bare(line))}</li>")
                continue
            if items:
                out.append("<ul>" + "".join(items) + "</ul>")
                items = []
            if line:
                out.append(f"<p>{html.escape(line)}</p>")
    return "\n".join(out)


def page(person, body, css):
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>CV</title><style>body{{font:11pt serif;"
        f"hyphens:auto;text-align:justify}}{css}</style></head><body><h1>{html.escape(person['name'])}</h1>"
        f"<p>{html.escape(person['title'])}</p>{body}</body></html>"
    )


def html_plain(person, path):
    path.write_text(page(person, html_sections(person["sections"]), ""))
    return words(person, person["sections"])


def html_flex(person, path):
    side, main = parts(person)
    body = (
        f"<div class=row><aside>{html_sections(side)}</aside><main>{html_sections(main)}</main></div>"
    )
    path.write_text(page(person, body, ".row{display:flex;gap:8mm}aside{flex:0 0 55mm}"))
    return words(person, side + main)


# --- PDF by Typst --------------------------------------------------------------------------------


def typst_text(text):
    return '#text("' + text.replace("\\", "\\\\").replace('"', '\\"') + '")'


def typst_sections(sections):
    out = []
    for heading, content in sections:
        out.append(f"== {typst_text(heading)}")
        for line in content:
            lead = "- " if line.startswith(("-", "•", "*")) else ""
            out.append(f"{lead}{typst_text(bare(line))}\n")
    return "\n".join(out)


def typst_pdf(person, path, body, order):
    source = (
        '#set page(margin: 18mm)\n#set text(size: 10pt, lang: "en", hyphenate: true)\n#set par(justify: true)\n'
        f"= {typst_text(person['name'])}\n{typst_text(person['title'])}\n\n{body}\n"
    )
    path.write_bytes(typst.compile(source.encode()))
    return words(person, order)


def typst_plain(person, path):
    return typst_pdf(person, path, typst_sections(person["sections"]), person["sections"])


def typst_grid(person, path):
    """A sidebar beside the main column."""
    side, main = parts(person)
    body = f"#grid(columns: (55mm, 1fr), gutter: 8mm, [{typst_sections(side)}], [{typst_sections(main)}])"
    return typst_pdf(person, path, body, side + main)


def typst_columns(person, path):
    side, main = parts(person)
    body = f"#columns(2)[{typst_sections(main + side)}]"
    return typst_pdf(person, path, body, main + side)


DIRECT = {
    "text-utf16.txt": text_utf16,
    "text-latin1.txt": text_latin1,
    "text-gzip.gz": text_gzip,
    "docx-plain.docx": docx_plain,
    "docx-table.docx": docx_table,
    "docx-columns.docx": docx_columns,
    "docx-boxes.docx": docx_boxes,
    "html-plain.html": html_plain,
    "html-flex.html": html_flex,
    "typst-plain.pdf": typst_plain,
    "typst-grid.pdf": typst_grid,
    "typst-columns.pdf": typst_columns,
}

# What LibreOffice makes of the DOCX files, and Chromium of the pages: target, source, extension.
OFFICE = [
    ("office-plain", "docx-plain", "pdf"),
    ("office-table", "docx-table", "pdf"),
    ("office-columns", "docx-columns", "pdf"),
    ("office-plain", "docx-plain", "odt"),
    ("office-table", "docx-table", "odt"),
    ("office-plain", "docx-plain", "rtf"),
    ("office-table", "docx-table", "rtf"),
]
CHROMIUM = [("chromium-plain", "html-plain"), ("chromium-flex", "html-flex")]


def office(out, template, source, extension):
    files = sorted(out.glob(f"{source}-*.docx"))
    with tempfile.TemporaryDirectory() as scratch:
        command = ["soffice", "--headless", "--convert-to", extension, "--outdir", scratch]
        subprocess.run(command + [str(f) for f in files], check=True, stdout=subprocess.DEVNULL)
        for file in files:
            target = out / f"{template}-{file.stem.removeprefix(source + '-')}.{extension}"
            shutil.move(pathlib.Path(scratch) / f"{file.stem}.{extension}", target)
            shutil.copy(f"{file}.words", f"{target}.words")


def chromium(out, template, source):
    for file in sorted(out.glob(f"{source}-*.html")):
        target = out / f"{template}-{file.stem.removeprefix(source + '-')}.pdf"
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        command += [f"--print-to-pdf={target}", file.resolve().as_uri()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.copy(f"{file}.words", f"{target}.words")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--people", type=int, default=24)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for person in people(args.people):
        for name, make in DIRECT.items():
            template, extension = name.split(".")
            path = args.out / f"{template}-{person['id']}.{extension}"
            text = make(person, path)
            pathlib.Path(f"{path}.words").write_text(text)
    for job in OFFICE:
        office(args.out, *job)
    for job in CHROMIUM:
        chromium(args.out, *job)
    print(len([f for f in args.out.iterdir() if f.suffix != ".words"]), "documents")


if __name__ == "__main__":
    main()
