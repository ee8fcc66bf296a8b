//! Both toolbelts have the platform's names, no more and no fewer, and so have their types.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{check, result_of, returned, source};

/// A generation of the toolbelt: its name, its types, what it exports, and its clients.
struct Toolbelt {
    name: &'static str,
    types: &'static str,
    exports: [&'static str; 7],
    clients: [&'static str; 10],
}

const TOOLBELTS: [Toolbelt; 2] = [
    Toolbelt {
        name: "lp-faas-toolbelt",
        types: include_str!("../../examples/types/lp-faas-toolbelt/index.d.ts"),
        exports: [
            "ConversationContentTypes",
            "ErrorCodes",
            "ErrorStrategy",
            "LpServices",
            "SDETypes",
            "SecretError",
            "Toolbelt",
        ],
        clients: [
            "ContextServiceClient",
            "ConversationUtil",
            "GDPRUtil",
            "HTTPClient",
            "LpClient",
            "MTLSClient",
            "OrchestratorClient",
            "SDEUtil",
            "SFClient",
            "SecretClient",
        ],
    },
    // No `HTTPClient`, for which there is `fetch`, and no `SFClient`.
    Toolbelt {
        name: "core-functions-toolbelt",
        types: include_str!("../../examples/types/core-functions-toolbelt/index.d.ts"),
        exports: [
            "ConversationContentTypes",
            "ErrorCodes",
            "ErrorStrategy",
            "LpServices",
            "SDETypes",
            "ToolBeltError",
            "Toolbelt",
        ],
        clients: [
            "ContextServiceClient",
            "ConversationUtil",
            "CsdsClient",
            "GDPRUtil",
            "LPMtlsClient",
            "LpClient",
            "MTLSClient",
            "OrchestratorClient",
            "SDEUtil",
            "SecretClient",
        ],
    },
];

/// The constants of the first generation. In the second, one service has another name.
fn constants() -> Value {
    json!({
        "LpServices": {
            "MSG_HIST": "msgHist", "AGENT_VEP": "agentVep",
            "ACCOUNT_CONFIG_READ_ONLY": "accountConfigReadOnly",
            "ACCOUNT_CONFIG_READ_WRITE": "accountConfigReadWrite",
            "ASYNC_MESSAGING": "asyncMessaging", "ASYNC_MESSAGING_EN": "asyncMessagingEnt",
            "ENG_HIST_DOMAIN": "engHistDomain", "RTBF": "rtbf", "AUDITLOG": "auditlog",
            "SMT": "smt", "PUSHER": "pusher", "LE_DATA_REPORTING": "leDataReporting",
            "MSG_EWT_API": "msgEwtAPI", "MSDKGW": "msdkgw",
        },
        "ConversationContentTypes": {
            "INFO": "info", "SDES": "sdes", "UNAUTH_SDES": "unAuthSdes", "CAMPAIGN": "campaign",
            "MESSAGE_RECORDS": "messageRecords", "AGENT_PARTICIPANTS": "agentParticipants",
            "AGENT_PARTICIPANTS_ACTIVE": "agentParticipantsActive",
            "AGENT_PARTICIPANTS_LEAVE": "agentParticipantsLeave",
            "CONSUMER_PARTICIPANTS": "consumerParticipants", "TRANSFERS": "transfers",
            "INTERACTIONS": "interactions", "MESSAGE_SCORES": "messageScores",
            "MESSAGE_STATUSES": "messageStatuses", "SKILL_CHANGES": "skillChanges",
            "CONVERSATION_SURVEYS": "conversationSurveys", "COBROWSE_SESSIONS": "coBrowseSessions",
            "SUMMARY": "summary", "MONITORING": "monitoring", "DIALOGS": "dialogs",
            "RESPONSE_TIME": "responseTime", "INTENTS": "intents",
            "UNIQUE_INTENTS": "uniqueIntents", "LATEST_AGENT_SURVEY": "latestAgentSurvey",
            "PREVIOUSLY_SUBMITTED_AGENT_SURVEYS": "previouslySubmittedAgentSurveys",
        },
        "SDETypes": {
            "CART": "cart", "TRANSACTION": "purchase", "VIEWED_PRODUCT": "prodView",
            "CUSTOMER_INFO": "ctmrinfo", "MARKETING_SOURCE": "mrktInfo",
            "PERSONAL_INFO": "personal", "LEAD": "lead", "SERVICE_ACTIVITY": "service",
            "VISITOR_ERROR": "error", "SEARCHED_CONTENT": "searchInfo",
        },
        "ErrorStrategy": { "EXIT_ON_ERROR": "ExitOnError", "CONTINUE_ON_ERROR": "ContinueOnError" },
    })
}

impl Toolbelt {
    /// The value of an expression with the exports in scope as `toolbelt`.
    fn value(&self, expression: &str) -> Value {
        result_of(&source(&format!(
            "function lambda(input, callback) {{
               const toolbelt = require('{}'); callback(null, {expression}); }}",
            self.name
        )))
    }

    fn constants(&self) -> Value {
        let mut constants = constants();
        if self.name == "core-functions-toolbelt" {
            constants["LpServices"]["AUDITLOG"] = json!("auditLog");
        }
        constants
    }
}

/// The words that follow one of these beginnings of a line.
fn declared<'a>(types: &'a str, beginnings: &[&str]) -> BTreeSet<&'a str> {
    let after = |line: &'a str| beginnings.iter().find_map(|start| line.strip_prefix(start));
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    types
        .lines()
        .filter_map(after)
        .filter_map(|rest| rest.split(is_end).next())
        .collect()
}

#[test]
fn each_toolbelt_exports_the_platforms_names() {
    for toolbelt in &TOOLBELTS {
        let names = toolbelt.value("Object.keys(toolbelt).sort()");
        assert_eq!(names, json!(toolbelt.exports), "of {}", toolbelt.name);
    }
}

#[test]
fn each_toolbelt_has_the_platforms_clients() {
    for toolbelt in &TOOLBELTS {
        let own = toolbelt.value("Object.getOwnPropertyNames(toolbelt.Toolbelt).sort()");
        let mut expected = [&toolbelt.clients[..], &["length", "name", "prototype"]].concat();
        expected.sort_unstable();
        assert_eq!(own, json!(expected), "of {}", toolbelt.name);
    }
}

#[test]
fn a_client_that_a_toolbelt_does_not_have_is_undefined() {
    let code = "const { Toolbelt } = require('core-functions-toolbelt');
                function lambda(input, callback) { callback(null, [typeof Toolbelt.HTTPClient, typeof Toolbelt.SFClient]); }";
    check(source(code), returned(json!(["undefined", "undefined"])));
}

#[test]
fn the_constants_are_the_platforms() {
    for toolbelt in &TOOLBELTS {
        let Value::Object(groups) = toolbelt.constants() else {
            unreachable!("it is written above")
        };
        for (group, expected) in groups {
            let found = toolbelt.value(&format!("toolbelt.{group}"));
            assert_eq!(found, expected, "{group} of {}", toolbelt.name);
        }
    }
}

#[test]
fn the_types_have_the_names_of_the_toolbelts() {
    for Toolbelt {
        name,
        types,
        exports,
        clients,
    } in &TOOLBELTS
    {
        let values = declared(types, &["export const ", "export class "]);
        assert_eq!(values, BTreeSet::from(*exports), "of {name}");
        let (_, class) = types.split_once("export class Toolbelt {").unwrap();
        let statics = declared(class, &["  static "]);
        assert_eq!(statics, BTreeSet::from(*clients), "of {name}");
    }
}

#[test]
fn the_types_have_the_constants_of_the_toolbelts() {
    for toolbelt in &TOOLBELTS {
        for (group, expected) in toolbelt.constants().as_object().unwrap() {
            let start = format!("export const {group}: {{\n");
            let (_, rest) = toolbelt.types.split_once(&start).expect("it is declared");
            let (members, _) = rest.split_once("};").expect("it ends");
            let lines: BTreeSet<_> = members.lines().map(|line| line.trim().to_owned()).collect();
            let expected = expected.as_object().unwrap().iter();
            let expected = expected
                .map(|(key, value)| format!("readonly {key}: '{}';", value.as_str().unwrap()));
            assert_eq!(
                lines,
                expected.collect::<BTreeSet<_>>(),
                "of {}",
                toolbelt.name
            );
        }
    }
}
