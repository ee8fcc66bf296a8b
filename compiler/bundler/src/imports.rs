//! Where does a file ask for a module?

use oxc::allocator::Allocator;
use oxc::ast::ast::{
    ArrowFunctionExpression, CallExpression, ExportAllDeclaration, ExportFromDeclaration,
    Expression, Function, IfStatement, ImportDeclaration, ImportExpression, TryStatement,
};
use oxc::ast_visit::{Visit, walk};
use oxc::parser::Parser;
use oxc::span::{SourceType, Span};
use oxc::syntax::scope::ScopeFlags;

/// The place where a file asks for a module for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// In bytes.
    pub(crate) offset: usize,
    /// Whether the file is prepared to go without: the request stands in a `try`.
    pub(crate) optional: bool,
    /// Whether it may never be asked for: the request stands in a function or a branch.
    pub(crate) conditional: bool,
}

/// Looks for `specifier` among the imports and requires of a file.
pub(crate) fn find(path: &str, text: &str, specifier: &str) -> Option<Asked> {
    let kind = SourceType::from_path(path).unwrap_or_default();
    let arena = Allocator::default();
    let parsed = Parser::new(&arena, text, kind).parse();
    let mut search = Search {
        specifier,
        tries: 0,
        branches: 0,
        found: None,
    };
    search.visit_program(&parsed.program);
    search.found
}

struct Search<'s> {
    specifier: &'s str,
    /// How many `try` blocks are around the current node.
    tries: u32,
    /// How many functions and branches are around it.
    branches: u32,
    found: Option<Asked>,
}

impl Search<'_> {
    fn asked(&mut self, specifier: &str, span: Span) {
        if specifier == self.specifier {
            self.found.get_or_insert(Asked {
                offset: span.start as usize,
                optional: self.tries > 0,
                conditional: self.branches > 0,
            });
        }
    }
}

impl<'a> Visit<'a> for Search<'_> {
    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        self.asked(&import.source.value, import.span);
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        self.asked(&export.source.value, export.span);
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        self.asked(&export.source.value, export.span);
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        if let Expression::StringLiteral(specifier) = &import.source {
            self.asked(&specifier.value, import.span);
        }
        walk::walk_import_expression(self, import);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if let Expression::Identifier(callee) = &call.callee
            && callee.name == "require"
            && let Some(Expression::StringLiteral(specifier)) = call
                .arguments
                .first()
                .and_then(|argument| argument.as_expression())
        {
            self.asked(&specifier.value, call.span);
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        self.branches += 1;
        walk::walk_function(self, function, flags);
        self.branches -= 1;
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        self.branches += 1;
        walk::walk_arrow_function_expression(self, arrow);
        self.branches -= 1;
    }

    fn visit_if_statement(&mut self, statement: &IfStatement<'a>) {
        self.branches += 1;
        walk::walk_if_statement(self, statement);
        self.branches -= 1;
    }

    fn visit_try_statement(&mut self, statement: &TryStatement<'a>) {
        self.tries += 1;
        self.visit_block_statement(&statement.block);
        self.tries -= 1;
        if let Some(handler) = &statement.handler {
            self.visit_catch_clause(handler);
        }
        if let Some(finalizer) = &statement.finalizer {
            self.visit_block_statement(finalizer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_ask_for_a_module_is_seen() {
        for (text, offset) in [
            ("import a from 'x'", 0),
            (";import 'x'", 1),
            ("export * from 'x'", 0),
            ("export { a } from 'x'", 0),
            ("a; import('x')", 3),
            ("const { a } = require('x');", 14),
            ("function f() { return require('x') }", 22),
        ] {
            let found = find("a.js", text, "x").unwrap();
            assert_eq!((found.offset, found.optional), (offset, false), "{text}");
            assert_eq!(found.conditional, text.starts_with("function"), "{text}");
        }
        assert_eq!(find("a.js", "require('y'); 'x'", "x"), None);
    }

    #[test]
    fn what_stands_in_a_try_is_optional_and_what_stands_behind_it_is_not() {
        let optional = |text| find("a.js", text, "x").map(|asked| asked.optional);
        assert_eq!(optional("try { require('x') } catch {}"), Some(true));
        assert_eq!(optional("try { a } catch { require('x') }"), Some(false));
        assert_eq!(optional("try { a } finally { require('x') }"), Some(false));
    }
}
