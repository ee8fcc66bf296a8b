//! What does every server have?
//!
//! Each constant lists the files of the directory of its name, which a test compares.

/// A file's name and its text.
type Text = (&'static str, &'static str);

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!($path))),*]
    };
}

pub(super) const EVENTS: &[Text] = files![
    "events/bot_connectors_custom_integration.toml",
    "events/bot_connectors_error_hook.toml",
    "events/bot_connectors_post_hook.toml",
    "events/bot_connectors_pre_hook.toml",
    "events/controllerbot_messaging_consumer_step_up.toml",
    "events/controllerbot_messaging_conversation_end.toml",
    "events/controllerbot_messaging_conversation_idle.toml",
    "events/controllerbot_messaging_conversation_routing.toml",
    "events/controllerbot_messaging_mid_conversation_msg.toml",
    "events/controllerbot_messaging_new_conversation.toml",
    "events/controllerbot_messaging_participants_change.toml",
    "events/controllerbot_messaging_ttr.toml",
    "events/conversational_command.toml",
    "events/denver_post_survey_email_transcript.toml",
    "events/surveybot_messaging_survey_ended.toml",
    "events/surveybot_messaging_survey_started.toml",
];

pub(super) const TEMPLATES: &[Text] = files![
    "templates/chat-post-survey-email-transcript.toml",
    "templates/conversational-command.toml",
    "templates/greeting.toml",
    "templates/http.toml",
    "templates/keyword-scanner.toml",
    "templates/logging.toml",
    "templates/messaging-consumer-step-up.toml",
    "templates/messaging-conversation-end.toml",
    "templates/messaging-conversation-idle.toml",
    "templates/messaging-conversation-routing.toml",
    "templates/messaging-line-in-off-hours.toml",
    "templates/messaging-new-conversation.toml",
    "templates/messaging-participants-change.toml",
    "templates/messaging-survey-ended.toml",
    "templates/messaging-survey-started.toml",
    "templates/messaging-ttr.toml",
    "templates/replace-files-for-conversation.toml",
    "templates/salesforce.toml",
    "templates/secret-storage.toml",
    "templates/third-party-bots-custom-integration.toml",
    "templates/third-party-bots-error-hook.toml",
    "templates/third-party-bots-post-hook.toml",
    "templates/third-party-bots-pre-hook.toml",
];

pub(super) const SNIPPETS: &[Text] = files![
    "snippets/context-session-storage-create.toml",
    "snippets/context-session-storage-delete.toml",
    "snippets/context-session-storage-read.toml",
    "snippets/context-session-storage-update.toml",
    "snippets/conversation-util.toml",
    "snippets/gdpr-util.toml",
    "snippets/http.toml",
    "snippets/mtls-request.toml",
    "snippets/read-secret.toml",
    "snippets/salesforce.toml",
    "snippets/sde-util.toml",
    "snippets/update-secret.toml",
];
