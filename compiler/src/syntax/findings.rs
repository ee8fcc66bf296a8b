//! Is there a function named `lambda`, and which modules does the source require?

use std::collections::{BTreeSet, HashSet};

use oxc::ast::AstKind;
use oxc::ast::ast::{
    ArrowFunctionExpression, AssignmentExpression, AssignmentTarget, BindingPattern,
    CallExpression, Declaration, ExportDefaultDeclarationKind, ExportSpecifier, Expression,
    FormalParameters, Function, IdentifierReference, ImportExpression, Program, Statement,
    StaticMemberExpression, VariableDeclarator,
};
use oxc::ast_visit::{Visit, walk};
use oxc::span::{GetSpan as _, Span};
use oxc::syntax::scope::ScopeFlags;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{CompileError, CompileErrorKind, Source};

/// What a source says about itself without being run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Findings {
    /// Where something named `lambda` comes to be at the top level, as far as can be seen. Code may
    /// also make it in ways that only running it shows.
    pub(crate) lambda: Option<Offset>,
    /// Whether it is an ECMAScript module.
    pub(crate) module: bool,
    /// Whether the declaration of `lambda` has a parameter for the callback; `None` where that
    /// cannot be told from the source.
    pub(crate) takes_callback: Option<bool>,
    /// Whether a module exports `lambda`, or something by default.
    pub(crate) exports_lambda: bool,
    /// Whether the top level declares `lambda`.
    pub(crate) declares_lambda: bool,
    /// How many nodes of the syntax tree lie within each other at most.
    pub(crate) depth: u32,
    /// The globals that it names, of those that are loaded when they are touched.
    #[serde(deserialize_with = "lazy_globals")]
    pub(crate) globals: BTreeSet<&'static str>,
    /// Whether it asks the toolbelt for its Salesforce client, which stands on a large package.
    pub(crate) uses_salesforce: bool,
    /// The literal `require('…')`s and `import('…')`s anywhere in the source, in its order, each specifier once.
    pub(crate) requires: Vec<Require>,
    /// The first of the other functions of the top level, to say what may have been meant.
    function: Option<(String, Offset)>,
    /// How many of those there are.
    functions: usize,
}

/// The globals that the engine loads when they are touched and that are worth loading at build time:
/// otherwise each invocation that touches one loads it again.
const LAZY_GLOBALS: [&str; 27] = [
    "AbortController",
    "AbortSignal",
    "Blob",
    "Buffer",
    "CompressionStream",
    "DecompressionStream",
    "Event",
    "EventTarget",
    "File",
    "FormData",
    "Headers",
    "Intl",
    "ReadableStream",
    "Request",
    "Response",
    "TextDecoder",
    "TextEncoder",
    "TransformStream",
    "URL",
    "URLPattern",
    "URLSearchParams",
    "WritableStream",
    "atob",
    "btoa",
    "crypto",
    "fetch",
    "structuredClone",
];

/// The methods that ask `Intl`.
const LANGUAGE_METHODS: [&str; 6] = [
    "localeCompare",
    "toLocaleDateString",
    "toLocaleLowerCase",
    "toLocaleString",
    "toLocaleTimeString",
    "toLocaleUpperCase",
];

/// In bytes from the start of the source; [`Source::place`] makes a place of it.
pub(crate) type Offset = usize;

/// A literal `require('…')` or `import('…')`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Require {
    /// What is between the quotes.
    pub(crate) specifier: String,
    /// Where the call stands for the first time.
    pub(crate) offset: Offset,
}

impl Require {
    /// What it asks for, without the `node:` that modules of Node.js may have.
    pub(crate) fn name(&self) -> &str {
        let specifier = &self.specifier;
        specifier.strip_prefix("node:").unwrap_or(specifier)
    }
}

impl Findings {
    /// The error for a source that ran and left no function named `lambda`.
    pub(crate) fn lambda_missing(&self, source: &Source) -> CompileError {
        let error = |message| source.error(CompileErrorKind::LambdaMissing, message);
        match (self.lambda, &self.function) {
            (Some(offset), _) => error("`lambda` is not a function")
                .at(source, source.place(offset))
                .with_hint("declare it as `function lambda(input, callback) { … }`"),
            (None, Some((name, offset))) if self.functions == 1 => {
                error("there is no function named `lambda`")
                    .at(source, source.place(*offset))
                    .with_hint(format!("rename `{name}` to `lambda`"))
            }
            _ => error("there is no function named `lambda`")
                .with_hint("declare one as `function lambda(input, callback) { … }`"),
        }
    }
}

/// No name but those of the list.
fn lazy_globals<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<&'static str>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    let known = |name: &String| LAZY_GLOBALS.iter().find(|global| **global == name).copied();
    let found: Option<_> = names.iter().map(known).collect();
    found.ok_or_else(|| D::Error::custom("a global that is not one of those that are loaded late"))
}

/// Looks around in a program that parsed.
pub(super) fn collect(program: &Program<'_>) -> Findings {
    let mut collector = Collector::default();
    collector.findings.module = program.source_type.is_module();
    for statement in &program.body {
        match statement {
            Statement::FunctionDeclaration(function) => collector.declared(function),
            Statement::ExportDeclaration(export) => collector.exported(&export.declaration),
            Statement::ExportNamedDeclaration(export) => {
                collector.exported_names(&export.specifiers);
            }
            Statement::ExportFromDeclaration(export) => {
                collector.exported_names(&export.specifiers);
            }
            Statement::ExportDefaultDeclaration(export) => {
                collector.findings.exports_lambda = true;
                if let ExportDefaultDeclarationKind::FunctionDeclaration(function) =
                    &export.declaration
                {
                    collector.declared_default(function);
                }
            }
            _ => {}
        }
    }
    collector.visit_program(program);
    collector.findings
}

/// Whether a function has a parameter for the callback; a rest parameter leaves it open.
fn takes_callback(parameters: &FormalParameters<'_>) -> Option<bool> {
    match parameters.items.len() {
        0 | 1 if parameters.rest.is_some() => None,
        count => Some(count >= 2),
    }
}

#[derive(Default)]
struct Collector {
    findings: Findings,
    required: HashSet<String>,
    /// Functions around the current node.
    depth: u32,
    /// Nodes around the current node.
    nodes: u32,
}

impl Collector {
    fn declared(&mut self, function: &Function<'_>) {
        let Some(name) = &function.id else { return };
        self.function(name.name.as_str(), name.span);
        if name.name == "lambda" {
            self.findings.declares_lambda = true;
            self.findings.takes_callback = takes_callback(&function.params);
        }
    }

    /// `export default function name(…) {}`, by whatever name.
    fn declared_default(&mut self, function: &Function<'_>) {
        self.findings.lambda = Some(function.span.start as Offset);
        self.findings.takes_callback = takes_callback(&function.params);
    }

    /// `export function lambda(…) {}`, `export const lambda = …`
    fn exported(&mut self, declaration: &Declaration<'_>) {
        match declaration {
            Declaration::FunctionDeclaration(function) => {
                self.declared(function);
                self.findings.exports_lambda |= self.findings.declares_lambda;
            }
            Declaration::VariableDeclaration(variables) => {
                let names = variables.declarations.iter().map(|variable| &variable.id);
                self.findings.exports_lambda |= names
                    .filter_map(|id| id.get_binding_identifier())
                    .any(|name| name.name == "lambda");
            }
            _ => {}
        }
    }

    /// `export { lambda }`, `export { handler as lambda } from './handler.js'`
    fn exported_names(&mut self, specifiers: &[ExportSpecifier<'_>]) {
        self.findings.exports_lambda |= specifiers
            .iter()
            .any(|specifier| matches!(specifier.exported.name().as_str(), "lambda" | "default"));
    }

    fn function(&mut self, name: &str, span: Span) {
        let offset = span.start as Offset;
        if name == "lambda" {
            self.findings.lambda.get_or_insert(offset);
        } else {
            self.findings.functions += 1;
            self.findings
                .function
                .get_or_insert_with(|| (name.to_owned(), offset));
        }
    }

    fn requires(&mut self, specifier: &str, span: Span) {
        if self.required.insert(specifier.to_owned()) {
            self.findings.requires.push(Require {
                specifier: specifier.to_owned(),
                offset: span.start as Offset,
            });
        }
    }

    /// `name = …`, `exports.name = …`, `module.exports = …`
    fn assigned(&mut self, target: &AssignmentTarget<'_>, value: &Expression<'_>) {
        let name = match target {
            AssignmentTarget::AssignmentTargetIdentifier(name) => name.name.as_str(),
            AssignmentTarget::StaticMemberExpression(member) => {
                let whole = member.property.name == "exports"
                    && matches!(&member.object, Expression::Identifier(name) if name.name == "module");
                match value {
                    Expression::Identifier(name) if whole => name.name.as_str(),
                    _ => member.property.name.as_str(),
                }
            }
            _ => return,
        };
        if name == "lambda" {
            self.findings
                .lambda
                .get_or_insert(target.span().start as Offset);
        }
    }
}

impl<'a> Visit<'a> for Collector {
    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if let Expression::Identifier(callee) = &call.callee
            && callee.name == "require"
            && let Some(Expression::StringLiteral(specifier)) = call
                .arguments
                .first()
                .and_then(|argument| argument.as_expression())
        {
            self.requires(&specifier.value, call.span);
        }
        walk::walk_call_expression(self, call);
    }

    fn enter_node(&mut self, _kind: AstKind<'a>) {
        self.nodes += 1;
        self.findings.depth = self.findings.depth.max(self.nodes);
    }

    fn leave_node(&mut self, _kind: AstKind<'a>) {
        self.nodes -= 1;
    }

    fn visit_identifier_reference(&mut self, identifier: &IdentifierReference<'a>) {
        let name = identifier.name.as_str();
        let lazy = LAZY_GLOBALS.iter().find(|global| **global == name);
        self.findings.globals.extend(lazy);
    }

    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        let name = member.property.name.as_str();
        self.findings.uses_salesforce |= name == "SFClient";
        if LANGUAGE_METHODS.contains(&name) {
            self.findings.globals.insert("Intl");
        }
        walk::walk_static_member_expression(self, member);
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        if let Expression::StringLiteral(specifier) = &import.source {
            self.requires(&specifier.value, import.span);
        }
        walk::walk_import_expression(self, import);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        if self.depth == 0
            && let BindingPattern::BindingIdentifier(name) = &declarator.id
        {
            let parameters = match &declarator.init {
                Some(Expression::FunctionExpression(function)) => Some(&function.params),
                Some(Expression::ArrowFunctionExpression(arrow)) => Some(&arrow.params),
                _ => None,
            };
            if parameters.is_some() || name.name == "lambda" {
                self.function(name.name.as_str(), name.span);
            }
            if name.name == "lambda" {
                self.findings.declares_lambda = true;
                self.findings.takes_callback = parameters.and_then(|found| takes_callback(found));
            }
        }
        walk::walk_variable_declarator(self, declarator);
    }

    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        self.assigned(&assignment.left, &assignment.right);
        walk::walk_assignment_expression(self, assignment);
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.depth += 1;
        walk::walk_function(self, function, flags);
        self.depth -= 1;
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        self.depth += 1;
        walk::walk_arrow_function_expression(self, arrow);
        self.depth -= 1;
    }
}
