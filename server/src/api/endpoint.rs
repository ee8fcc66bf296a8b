//! What is declared of a route?
//!
//! An [`Operation`] is what the OpenAPI document says of it; an [`Endpoint`] is an operation with what
//! answers it. Each `const fn` adds one thing, so that a row of a table reads as a sentence.

use std::ops::Deref;
use std::pin::Pin;

use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::Ask;
use crate::auth::Action;
use crate::reply::Reply;
use crate::status::Problem;

/// An answer that is being made.
pub(crate) type Answering<'a> = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send + 'a>>;

/// Makes the schema of a type.
pub(super) type Shape = fn(&mut SchemaGenerator) -> Schema;

/// The type of an endpoint's handler, without which closures would not be taken for any lifetime.
type Answer = for<'a> fn(Ask<'a>) -> Answering<'a>;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// One method of one path, with what answers it.
pub(crate) struct Endpoint<A = Answer> {
    operation: Operation,
    answer: A,
}

/// In the place of a handler: the request never comes to the tables, [`route`](crate::route::route)
/// finds it before.
pub(super) struct Elsewhere;

/// One method of one path, as the document shows it.
pub(crate) struct Operation {
    pub(super) method: Method,
    /// With parameters in braces, as in OpenAPI.
    pub(super) path: &'static str,
    /// The leave that it takes; `None` for whoever asks.
    pub(super) needs: Option<Action>,
    /// What opens it, one of these; none when nothing has to.
    pub(super) schemes: &'static [Scheme],
    pub(super) summary: &'static str,
    pub(super) query: &'static [Parameter],
    pub(super) headers: &'static [Parameter],
    pub(super) takes: Option<Body>,
    pub(super) status: u16,
    pub(super) answers: Option<Shape>,
    /// The media type of an answer that is not JSON.
    pub(super) kind: &'static str,
    /// Other good answers.
    pub(super) also: &'static [Also],
    /// The statuses that its own doing adds to those that every such request can have.
    pub(super) fails: &'static [u16],
    errors: Form,
    /// The form of errors that it makes itself.
    pub(super) own: Option<Own>,
}

/// What opens an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// A token of the API, of a session, or an App JWT.
    Bearer,
    /// The credentials of an app in a header.
    App,
    /// A developer key of the Context Session Store.
    Key,
    /// The cookie of a login.
    Cookie,
    /// Nothing, or what the body says.
    Nothing,
}

/// What an operation takes.
pub(super) struct Body {
    pub(super) kind: &'static str,
    pub(super) shape: Shape,
}

/// A good answer that is not the usual one.
pub(super) struct Also {
    pub(super) status: u16,
    pub(super) about: &'static str,
    /// Its JSON; none when it has no body.
    pub(super) shape: Option<Shape>,
}

/// The form of an endpoint's errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// RFC 9457, with the platform's members beside it.
    Problem,
    /// The platform's first generation: `{errorCode, errorMsg}`.
    Platform,
    /// The platform's second generation: `{code, message}`.
    Second,
    /// Both generations have the address: the first one says `v` in the query, the second does not.
    Shared,
    /// An invocation, where the second generation has a header instead (spec 1.2).
    Gateway,
}

/// The form of errors that are told before there is an endpoint, or that one makes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// RFC 6749, section 5.2: `{error, error_description}`.
    Oauth,
    /// A page for people.
    Page,
    /// The platform's login: `{error: {…}}`.
    Login,
    /// The Context Session Store: `{message}`.
    Context,
    /// An invocation: the platform's, of the caller's generation, maybe with logs.
    Invocation,
}

/// A parameter of the query, or a header.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// The type of its value, in JSON Schema's words: `string`, `integer` or `boolean`.
    pub(crate) kind: &'static str,
    pub(crate) required: bool,
}

impl<A> Deref for Endpoint<A> {
    type Target = Operation;

    fn deref(&self) -> &Operation {
        &self.operation
    }
}

impl<A> Endpoint<A> {
    const fn new(method: Method, path: &'static str, summary: &'static str, answer: A) -> Self {
        let operation = Operation {
            method,
            path,
            needs: None,
            schemes: &[],
            summary,
            query: &[],
            headers: &[],
            takes: None,
            status: 200,
            answers: None,
            kind: "",
            also: &[],
            fails: &[],
            errors: Form::Problem,
            own: None,
        };
        Self { operation, answer }
    }

    pub(super) const fn needs(mut self, action: Action) -> Self {
        self.operation.needs = Some(action);
        self.operation.schemes = &[Scheme::Bearer];
        self
    }

    /// What opens it, when that is not just a token that has leave.
    pub(super) const fn opened_by(mut self, schemes: &'static [Scheme]) -> Self {
        self.operation.schemes = schemes;
        self
    }

    /// The query parameters that it knows.
    pub(crate) const fn query(mut self, query: &'static [Parameter]) -> Self {
        self.operation.query = query;
        self
    }

    /// The headers that it knows.
    pub(crate) const fn headers(mut self, headers: &'static [Parameter]) -> Self {
        self.operation.headers = headers;
        self
    }

    /// The JSON that it takes.
    pub(crate) const fn takes<T: JsonSchema>(mut self) -> Self {
        self.operation.takes = Some(Body {
            kind: JSON,
            shape: shape::<T>,
        });
        self
    }

    /// The form that it takes.
    pub(super) const fn takes_form<T: JsonSchema>(mut self) -> Self {
        self.operation.takes = Some(Body {
            kind: FORM,
            shape: shape::<T>,
        });
        self
    }

    /// The status and the JSON that it answers when all is well.
    pub(crate) const fn answers<T: JsonSchema>(mut self, status: u16) -> Self {
        self.operation.status = status;
        self.operation.answers = Some(shape::<T>);
        self
    }

    /// The media type of the text that it answers when all is well.
    pub(crate) const fn answers_text(mut self, kind: &'static str) -> Self {
        self.operation.kind = kind;
        self
    }

    /// The status that it answers, without a body, when all is well.
    pub(crate) const fn answers_nothing(mut self, status: u16) -> Self {
        self.operation.status = status;
        self.operation.answers = None;
        self
    }

    /// Other answers when all is well.
    pub(super) const fn also(mut self, also: &'static [Also]) -> Self {
        self.operation.also = also;
        self
    }

    /// The statuses of what can go wrong with this operation only. What can go wrong with any that is
    /// like it, with its token, address or body, is known without.
    pub(crate) const fn fails(mut self, statuses: &'static [u16]) -> Self {
        self.operation.fails = statuses;
        self
    }

    /// The form of the errors that it makes itself.
    pub(super) const fn tells(mut self, own: Own) -> Self {
        self.operation.own = Some(own);
        self
    }

    /// Clients of the platform know it: errors have the platform's form, not that of RFC 9457.
    pub(crate) const fn compatible(mut self) -> Self {
        self.operation.errors = Form::Platform;
        self
    }

    /// Clients of the platform's second generation know it.
    pub(crate) const fn second_generation(mut self) -> Self {
        self.operation.errors = Form::Second;
        self
    }

    /// Clients of both of the platform's generations know it.
    pub(crate) const fn shared(mut self) -> Self {
        self.operation.errors = Form::Shared;
        self
    }
}

impl Endpoint<Elsewhere> {
    /// An operation that is answered elsewhere, and is here to be read.
    pub(super) const fn elsewhere(
        method: Method,
        path: &'static str,
        summary: &'static str,
    ) -> Self {
        Self::new(method, path, summary, Elsewhere)
    }
}

impl Endpoint {
    /// Reads something, for whoever asks.
    pub(crate) const fn public_get(
        path: &'static str,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::GET, path, summary, answer)
    }

    /// Does something, for whoever asks.
    pub(crate) const fn public_post(
        path: &'static str,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::POST, path, summary, answer)
    }

    /// Reads something.
    pub(crate) const fn get(
        path: &'static str,
        needs: Action,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::GET, path, summary, answer).needs(needs)
    }

    /// Makes or starts something.
    pub(crate) const fn post(
        path: &'static str,
        needs: Action,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::POST, path, summary, answer).needs(needs)
    }

    /// Puts something in the place of what was there.
    pub(crate) const fn put(
        path: &'static str,
        needs: Action,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::PUT, path, summary, answer).needs(needs)
    }

    /// Changes a part of something.
    pub(crate) const fn patch(
        path: &'static str,
        needs: Action,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::PATCH, path, summary, answer).needs(needs)
    }

    /// Takes something away.
    pub(crate) const fn delete(
        path: &'static str,
        needs: Action,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self::new(Method::DELETE, path, summary, answer).needs(needs)
    }

    /// The leave that it takes; `None` for whoever asks.
    pub(crate) fn action(&self) -> Option<Action> {
        self.needs
    }

    /// Answers.
    pub(crate) fn answer<'a>(&self, ask: Ask<'a>) -> Answering<'a> {
        (self.answer)(ask)
    }
}

impl Operation {
    /// The form of its errors.
    pub(crate) const fn errors(&self) -> Form {
        self.errors
    }

    /// The names of the parameters in its path.
    pub(super) fn path_parameters(&self) -> impl Iterator<Item = &'static str> + use<> {
        let segments = self.path.split('/');
        segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }
}

impl Also {
    /// An answer without a body.
    pub(super) const fn nothing(status: u16, about: &'static str) -> Self {
        Self {
            status,
            about,
            shape: None,
        }
    }

    /// An answer of JSON.
    pub(super) const fn json<T: JsonSchema>(status: u16, about: &'static str) -> Self {
        Self {
            status,
            about,
            shape: Some(shape::<T>),
        }
    }
}

impl Parameter {
    /// A text that may be left out.
    pub(crate) const fn text(name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            about,
            kind: "string",
            required: false,
        }
    }

    /// A whole number that may be left out.
    pub(crate) const fn number(name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            about,
            kind: "integer",
            required: false,
        }
    }

    /// One that may not be left out.
    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
