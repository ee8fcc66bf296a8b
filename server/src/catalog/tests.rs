use std::collections::BTreeSet;
use std::fs;

use super::*;

/// A directory of an operator with these files.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for kind in ["events", "templates", "snippets"] {
        fs::create_dir(directory.path().join(kind)).unwrap();
    }
    for (path, text) in files {
        fs::write(directory.path().join(path), text).unwrap();
    }
    directory
}

fn open(files: &[(&str, &str)]) -> Result<Catalog, CatalogError> {
    Catalog::open(Some(directory(files).path()))
}

/// What is wrong with one file, its path cut to the part within the directory.
#[track_caller]
fn mistake(path: &str, text: &str) -> String {
    let directory = directory(&[(path, text)]);
    let error = Catalog::open(Some(directory.path())).unwrap_err();
    let shown = format!("{}/", directory.path().display());
    error.to_string().replace(&shown, "")
}

fn event(limit: u32, skills: bool) -> Event {
    let text = format!(
        "id = 'e'\nname = 'E'\ndescription = 'E'\nlambda_limit = {limit}\nskills = {skills}\npayload = '1'\n"
    );
    let catalog = open(&[("events/e.toml", &text)]).unwrap();
    let Catalog { mut events, .. } = catalog;
    events.remove("e").unwrap()
}

const ORDER: &str = r#"id = "order_placed"
name = "Order Placed"
description = "An order was placed."
lambda_limit = 2
skills = false
headers = '[{ "key": "shop", "value": "books" }]'
payload = '''
{
  "order": 7
}
'''
"#;

const TEMPLATE: &str = r#"id = "confirm"
name = "Confirm"
description = "Confirms an order."
event = "order_placed"
source = '''
function lambda(input, callback) {
  callback(null, process.env.WORDS);
}
'''

[environment]
WORDS = "Thank you"
"#;

#[test]
fn no_file_is_forgotten_and_each_is_named_after_its_id() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog");
    let catalog = Catalog::open(None).unwrap();
    for (kind, listed, ids) in [
        ("events", built_in::EVENTS, keys(&catalog.events)),
        ("templates", built_in::TEMPLATES, keys(&catalog.templates)),
        ("snippets", built_in::SNIPPETS, keys(&catalog.snippets)),
    ] {
        let files = fs::read_dir(directory.join(kind)).unwrap();
        let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<_> = files.map(|name| format!("{kind}/{name}")).collect();
        let listed: BTreeSet<_> = listed.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(files, listed);
        let named: BTreeSet<_> = ids.iter().map(|id| format!("{kind}/{id}.toml")).collect();
        assert_eq!(named, listed);
    }
}

fn keys<T>(map: &BTreeMap<String, T>) -> Vec<String> {
    map.keys().cloned().collect()
}

#[test]
fn an_operators_files_add_to_what_is_built_in() {
    let before = Catalog::open(None).unwrap();
    let catalog = open(&[
        ("events/order.toml", ORDER),
        ("templates/confirm.toml", TEMPLATE),
        ("events/README.md", "not an event"),
    ])
    .unwrap();
    assert_eq!(catalog.events().count(), before.events().count() + 1);
    let event = catalog.event("order_placed").unwrap();
    assert_eq!((event.lambda_limit, event.skills), (2, false));
    assert_eq!(event.sample.payload.get(), "{\n  \"order\": 7\n}");
    let template = catalog.template("confirm").unwrap();
    assert_eq!(template.event_id.as_deref(), Some("order_placed"));
    assert_eq!(
        template.sample_payload.headers.get(),
        event.sample.headers.get()
    );
    assert_eq!(template.environment_variables[0].value, "Thank you");
}

#[test]
fn an_operators_file_takes_the_place_of_what_is_built_in_by_its_id() {
    let text = ORDER.replace("order_placed", "conversational_command");
    let catalog = open(&[("events/any-name.toml", &text)]).unwrap();
    let event = catalog.event("conversational_command").unwrap();
    assert_eq!((&*event.name, event.lambda_limit), ("Order Placed", 2));
    // Templates of that event are tried with its new sample.
    let template = catalog.template("conversational-command").unwrap();
    assert!(template.sample_payload.payload.get().contains("order"));
}

#[test]
fn a_mistake_is_named_with_its_file_and_line() {
    let event = |from: &str, to: &str| {
        assert!(ORDER.contains(from));
        mistake("events/e.toml", &ORDER.replace(from, to))
    };
    let at = "events/e.toml";
    assert_eq!(
        event("order_placed", "order placed"),
        format!("{at}:1: an id has 1 to 60 letters, digits, `_` and `-`")
    );
    assert_eq!(
        event("Order Placed", " "),
        format!("{at}:2: this has to be one line of 1 to 100 characters")
    );
    assert_eq!(
        event("= 2", "= 0"),
        format!("{at}:4: lambda_limit has to be 1 to 100")
    );
    assert_eq!(
        event("skills", "skils"),
        format!(
            "{at}:5: unknown field `skils`, expected one of `id`, `name`, `description`, `lambda_limit`, `skills`, `headers`, `payload`"
        )
    );
    let headers = event("[{ \"key\"", "[{ \"name\"");
    assert!(headers.starts_with(&format!("{at}:6: headers has to be a list of objects")));
    let payload = event("\"order\": 7", "\"order\": 7,");
    assert!(
        payload.starts_with(&format!("{at}:10: payload is not JSON: ")),
        "{payload}"
    );
    let missing = event("skills = false\n", "");
    assert!(missing.contains("missing field `skills`"), "{missing}");
}

#[test]
fn a_mistake_of_a_template_is_named_with_its_file_and_line() {
    let template = |from: &str, to: &str| {
        assert!(TEMPLATE.contains(from));
        mistake("templates/t.toml", &TEMPLATE.replace(from, to))
    };
    assert_eq!(
        template("order_placed", "other"),
        "templates/t.toml:4: there is no event other"
    );
    let known = "event = \"conversational_command\"\n";
    let template = |from: &str, to: &str| {
        let text = TEMPLATE.replace("event = \"order_placed\"\n", known);
        mistake("templates/t.toml", &text.replace(from, to))
    };
    assert_eq!(
        template("WORDS =", "NODE_ENV ="),
        "templates/t.toml:12: NODE_ENV: Variable name is reserved and thereby blocked for use."
    );
    assert_eq!(
        template(known, ""),
        "templates/t.toml:1: a template without an event needs a payload to try it with"
    );
    assert_eq!(
        mistake(
            "snippets/s.toml",
            "id='s'\ntitle='S'\ndescription='S'\nsource=' '\n"
        ),
        "snippets/s.toml:4: the source of a snippet has to say something"
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    let error = Catalog::open(Some(Path::new("/nowhere/at/all"))).unwrap_err();
    assert_eq!(error.to_string(), "cannot read /nowhere/at/all");
    let twice = open(&[("events/a.toml", ORDER), ("events/b.toml", ORDER)]).unwrap_err();
    assert!(
        twice
            .to_string()
            .ends_with("events/b.toml:1: another file of this directory has the id order_placed")
    );
    let large = ORDER.replace("books", &"x".repeat(1024 * 1024));
    let error = open(&[("events/large.toml", &large)]).unwrap_err();
    assert!(error.to_string().ends_with("events/large.toml"), "{error}");
}

#[test]
fn a_limit_is_one_to_a_hundred() {
    assert_eq!(event(1, false).lambda_limit, 1);
    assert_eq!(event(100, false).lambda_limit, 100);
    let text = ORDER.replace("= 2", "= 101");
    assert!(open(&[("events/e.toml", &text)]).is_err());
}

#[test]
fn an_event_without_skills_counts_its_lambdas() {
    let event = event(2, false);
    let lambda: &[String] = &[];
    assert_eq!(event.admit(&[], [lambda; 1].into_iter()), Ok(()));
    let taken = event.admit(&[], [lambda; 2].into_iter()).unwrap_err();
    assert_eq!(
        taken.to_string(),
        "the event e is in use: it can have 2 lambdas and has them; delete one first, or choose another event"
    );
    let skills = event.admit(&["s".to_owned()], [lambda; 0].into_iter());
    assert_eq!(skills, Err(EventError::NoSkills("e".to_owned())));
}

#[test]
fn lambdas_of_different_skills_share_an_event_and_one_without_skills_shares_it_with_none() {
    let event = event(1, true);
    let skills = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    let admit = |new: &[&str], others: &[&[&str]]| {
        let others: Vec<_> = others.iter().map(|names| skills(names)).collect();
        event.admit(&skills(new), others.iter().map(Vec::as_slice))
    };
    assert_eq!(admit(&[], &[]), Ok(()));
    assert_eq!(admit(&["a", "b"], &[&["c"], &["d"]]), Ok(()));
    let taken = Err(EventError::SkillTaken {
        event: "e".to_owned(),
        skill: "b".to_owned(),
    });
    assert_eq!(admit(&["a", "b"], &[&["c", "b"]]), taken);
    assert!(admit(&["a"], &[&[]]).is_err());
    assert!(admit(&[], &[&["a"]]).is_err());
}
