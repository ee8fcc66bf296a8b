//! Is there a function named `lambda`, and which modules does the source require?

use std::collections::HashSet;

use oxc::ast::ast::{
    ArrowFunctionExpression, AssignmentExpression, AssignmentTarget, BindingPattern,
    CallExpression, Expression, Function, Program, Statement, VariableDeclarator,
};
use oxc::ast_visit::{Visit, walk};
use oxc::span::{GetSpan as _, Span};
use oxc::syntax::scope::ScopeFlags;

use crate::{CompileError, CompileErrorKind, Source};

/// What a source says about itself without being run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Findings {
    /// Where something named `lambda` comes to be at the top level, as far as can be seen. Code may
    /// also make it in ways that only running it shows.
    pub(crate) lambda: Option<Offset>,
    /// The literal `require('…')`s anywhere in the source, in its order, each specifier once.
    pub(crate) requires: Vec<Require>,
    /// The first of the other functions of the top level, to say what may have been meant.
    function: Option<(String, Offset)>,
    /// How many of those there are.
    functions: usize,
}

/// In bytes from the start of the source; [`Source::place`] makes a place of it.
pub(crate) type Offset = usize;

/// A literal `require('…')`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Require {
    /// What is between the quotes.
    pub(crate) specifier: String,
    /// Where the call stands for the first time.
    pub(crate) offset: Offset,
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

/// Refuses ECMAScript modules, which the parser reads in scripts, too.
pub(super) fn refuse_modules(program: &Program<'_>, source: &Source) -> Result<(), CompileError> {
    let error = |span: Span, message, hint| {
        let place = source.place(span.start as usize);
        Err(source
            .error(CompileErrorKind::Syntax, message)
            .at(source, place)
            .with_hint(hint))
    };
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(_) => {
                let hint = "use `const name = require('module')`";
                return error(
                    statement.span(),
                    "`import` statements are not supported yet",
                    hint,
                );
            }
            _ if statement.is_module_declaration() => {
                let hint = "declare `function lambda(input, callback) { … }`, without `export`";
                return error(
                    statement.span(),
                    "`export` statements are not supported yet",
                    hint,
                );
            }
            _ => {}
        }
    }
    Ok(())
}

/// Looks around in a program that parsed.
pub(super) fn collect(program: &Program<'_>) -> Findings {
    let mut collector = Collector::default();
    for statement in &program.body {
        if let Statement::FunctionDeclaration(function) = statement
            && let Some(name) = &function.id
        {
            collector.function(name.name.as_str(), name.span);
        }
    }
    collector.visit_program(program);
    collector.findings
}

#[derive(Default)]
struct Collector {
    findings: Findings,
    required: HashSet<String>,
    /// Functions around the current node.
    depth: u32,
}

impl Collector {
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
            && self.required.insert(specifier.value.to_string())
        {
            let (specifier, offset) = (specifier.value.to_string(), call.span.start as Offset);
            self.findings.requires.push(Require { specifier, offset });
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        if self.depth == 0
            && let BindingPattern::BindingIdentifier(name) = &declarator.id
        {
            let function = matches!(
                &declarator.init,
                Some(Expression::FunctionExpression(_) | Expression::ArrowFunctionExpression(_))
            );
            if function || name.name == "lambda" {
                self.function(name.name.as_str(), name.span);
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
