//! What each format holds is read, and nothing of it twice.

use ranker_ingest::{DocumentReader, Format, Limits, Unreadable, Warning};

use crate::files::{archive, docx, gzip, odt};

fn read(bytes: &[u8]) -> (Format, String) {
    let document = DocumentReader::in_process().read(bytes).unwrap();
    (document.format, document.text)
}

fn refused(bytes: &[u8]) -> Unreadable {
    DocumentReader::in_process().read(bytes).unwrap_err()
}

fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

#[test]
fn docx_keeps_boxes_controls_tables_and_headers() {
    let text_box = |text: &str| format!("<w:txbxContent>{}</w:txbxContent>", paragraph(text));
    let body = [
        paragraph("Ana &amp; Doe"),
        format!(
            "<w:p><w:r><mc:AlternateContent><mc:Choice><wps:txbx>{}</wps:txbx></mc:Choice>\
             <mc:Fallback>{}</mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>Anchor</w:t></w:r></w:p>",
            text_box("In a box"),
            text_box("In a box"),
        ),
        "<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>Rust</w:t></w:r></w:p>".to_owned(),
        format!("<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>", paragraph("Chosen")),
        format!(
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>",
            paragraph("Click here")
        ),
        "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:rPr><w:vanish/></w:rPr>\
         <w:t>hidden</w:t></w:r><w:r><w:t>shown</w:t><w:tab/><w:t>too</w:t></w:r></w:p>"
            .to_owned(),
        format!(
            "<w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>",
            paragraph("2019 – 2021"),
            paragraph("Lyon")
        ),
    ]
    .concat();
    let header = format!("<w:hdr xmlns:w=\"w\">{}</w:hdr>", paragraph("+33 1"));
    let bytes = docx(
        &body,
        &[("word/header1.xml", &header), ("word/header2.xml", &header)],
    );
    let document = DocumentReader::in_process().read(&bytes).unwrap();
    assert_eq!(document.format, Format::Docx);
    assert_eq!(
        document.text,
        "+33 1\nAna & Doe\nAnchor\nIn a box\n• Rust\nChosen\nshown\ttoo\n2019 – 2021\tLyon"
    );
    assert_eq!(document.warnings, [Warning::Hidden { characters: 6 }]);
}

#[test]
fn odt_keeps_boxes_lists_tables_and_headers() {
    let body = "<office:text><text:tracked-changes><text:p>gone</text:p></text:tracked-changes>\
        <text:h>Ana<text:s text:c=\"2\"/>Doe</text:h>\
        <text:list><text:list-item><text:p>Rust</text:p></text:list-item></text:list>\
        <text:p>Host<draw:frame><draw:text-box><text:p>Box</text:p></draw:text-box></draw:frame></text:p>\
        <table:table><table:table-row><table:table-cell><text:p>2019</text:p></table:table-cell>\
        <table:table-cell><text:p>Lyon</text:p></table:table-cell></table:table-row></table:table>\
        </office:text>";
    let styles = "<s><style:header><text:p>+33 1</text:p></style:header><text:p>no</text:p></s>";
    assert_eq!(
        read(&odt(body, styles)),
        (
            Format::Odt,
            "+33 1\nAna  Doe\n• Rust\nHost\nBox\n2019\tLyon".to_owned()
        )
    );
}

#[test]
fn the_content_tells_the_format() {
    let rtf = br"{\rtf1 Rust}";
    assert_eq!(read(rtf), (Format::Rtf, "Rust".to_owned()));
    assert_eq!(read(&gzip(rtf)), (Format::Rtf, "Rust".to_owned()));
    assert_eq!(read(b"<!DOCTYPE HTML><p>Rust").0, Format::Html);
    assert_eq!(
        read(br#"{"basics": {"name": "Ana"}}"#).0,
        Format::JsonResume
    );
    assert_eq!(
        read(b"\xff\xfeR\0u\0s\0t\0"),
        (Format::Text, "Rust".to_owned())
    );
    assert_eq!(read(b"{not JSON}").0, Format::Text);
    let latin1 = DocumentReader::in_process()
        .read(b"Gen\xe8ve, Lucene")
        .unwrap();
    assert_eq!(latin1.text, "Genève, Lucene");
    assert!(matches!(latin1.warnings[..], [Warning::Encoding { .. }]));
}

#[test]
fn what_is_not_read_is_named_with_the_reason() {
    for (bytes, reason) in [
        (b"".to_vec(), "it is empty"),
        (b" \n\t".to_vec(), "it is empty"),
        (
            b"%PDF-1.4".to_vec(),
            "it is damaged: hayro finds no document",
        ),
        (b"PK".to_vec(), "it is damaged"),
        (
            archive(&[("xl/workbook.xml", "")]),
            "it is an Excel workbook, which is not read",
        ),
        (
            archive(&[("a.txt", "")]),
            "it is a ZIP archive: unpack it first, which is not read",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"
                .to_vec(),
            "it is encrypted: save it without a password",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(),
            "it is an old Office document (.doc): save it as .docx or PDF, which is not read",
        ),
        (
            b"\x89PNG\r\n\x1a\n".to_vec(),
            "it is a PNG image, which is not read",
        ),
        (
            b"[1, 2]".to_vec(),
            "it is a JSON file that is no JSON Resume",
        ),
        (
            b"{\"id\": 1}\n{\"id\": 2}".to_vec(),
            "it is a file of JSON lines",
        ),
    ] {
        let error = refused(&bytes).to_string();
        assert!(error.starts_with(reason), "{error}");
    }
}

#[test]
fn bombs_and_nests_stop_at_their_bounds() {
    let mut limits = Limits::default();
    limits.unpacked = 1 << 20;
    limits.text = 1 << 16;
    let reader = DocumentReader::in_process().with_limits(limits);
    let refused = |bytes: &[u8]| reader.read(bytes).unwrap_err();
    let too_large = |error| matches!(error, Unreadable::TooLarge { .. });

    assert!(too_large(refused(&gzip(&vec![b'a'; 8 << 20]))));
    assert!(too_large(refused(&docx(
        &paragraph(&"a".repeat(8 << 20)),
        &[]
    ))));
    assert!(too_large(refused(&docx(
        &paragraph(&"a".repeat(1 << 18)),
        &[]
    ))));
    let deep = "<w:sdt>".repeat(100_000);
    assert!(matches!(
        refused(&docx(&deep, &[])),
        Unreadable::TooDeep { .. }
    ));
    let laughs = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><w:p xmlns:w=\"w\"><w:t>&b;</w:t></w:p>";
    let laughs = archive(&[("word/document.xml", laughs)]);
    assert_eq!(refused(&laughs), Unreadable::Empty);
    let gzip_in_gzip = gzip(&gzip(b"text"));
    assert!(matches!(refused(&gzip_in_gzip), Unreadable::Kind { .. }));
}

#[test]
fn a_cut_document_keeps_what_came_before() {
    let xml =
        "<w:document xmlns:w=\"w\"><w:body><w:p><w:r><w:t>Ana</w:t></w:r></w:p><w:p><w:r><w:t>Do";
    let bytes = archive(&[("word/document.xml", xml)]);
    let document = DocumentReader::in_process().read(&bytes).unwrap();
    assert!(document.text.starts_with("Ana"));
    assert_eq!(document.warnings, [Warning::Truncated]);
}
