//! Tiny tables for the tests.

use super::{
    catalog::Catalog,
    onet::{Tables, Task},
};

/// Statements with the opening verbs that the tests use.
pub(crate) fn tables() -> Tables {
    let mut tables = Tables::default();
    tables.tasks.insert("00-0000.00".into(), tasks("parts"));
    tables
}

/// The same statements for every occupation of the catalog, about different things.
pub(crate) fn full_tables(catalog: &Catalog) -> Tables {
    let mut tables = tables();
    for code in catalog.occupations.keys() {
        let title = &catalog.occupation(code).titles[0];
        tables
            .tasks
            .insert(code.clone(), tasks(&title.to_lowercase()));
        tables.zones.insert(code.clone(), 3);
    }
    tables
}

fn tasks(about: &str) -> Vec<Task> {
    let statements = [
        "Plan, direct, or review projects about # in the coming year.",
        "Schedule weekly work for # so that deadlines are met.",
        "Set up and monitor equipment of # every morning.",
        "Confer with customers to plan # services.",
        "Inspect # sites to find and report faults.",
        "Recommend changes of # procedures to managers.",
        "Report monthly results of # work to the owners.",
        "Write instructions and guides for # colleagues.",
        "Test new methods in the # group before launch.",
        "Direct the yearly count of # goods.",
        "Review the terms of # contracts.",
        "Find causes of delays at # sites.",
        "Monitor costs of the # service against plan.",
    ];
    let task = |(id, text): (usize, &&str)| Task {
        id: id as u32,
        text: text.replace('#', about),
    };
    statements.iter().enumerate().map(task).collect()
}
