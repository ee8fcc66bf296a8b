//! Popular packages, installed by npm, are bundled and work.

use std::path::{Path, PathBuf};
use std::process::Command;

use sandglass_compiler::pack;
use sandglass_runtime::{Invocation, Policy, Report};
use serde_json::{Value, json};

use crate::harness::{compiler, log_lines, npm, outcome, returned, runtime, tokio};

/// The folder in which npm has installed the packages.
fn installed() -> PathBuf {
    npm::installed("npm", &Path::new(env!("CARGO_MANIFEST_DIR")).join("npm"))
}

/// Runs a lambda of this file beside the packages.
fn run_beside(file: &str, code: &str, payload: Value) -> Report {
    let file = installed().join(file);
    std::fs::write(&file, code).unwrap();
    let runtime = runtime();
    tokio().block_on(async {
        let source = pack(&file)
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        let artifact = compiler(runtime).compile(&source).await;
        let artifact = artifact.unwrap_or_else(|error| panic!("{error:?}"));
        let lambda = runtime.load(artifact, Policy::default()).await.unwrap();
        let input = json!({ "payload": payload }).to_string();
        let invocation = Invocation::json(input).unwrap();
        lambda.invoke(invocation).await.unwrap()
    })
}

/// Runs the body of a lambda after these imports.
#[track_caller]
fn check_package(name: &str, imports: &str, body: &str, expected: Value) {
    let code = format!("{imports}\nexport async function lambda(input) {{ {body} }}\n");
    let report = run_beside(&format!("{name}.lambda.mjs"), &code, json!({}));
    assert_eq!(outcome(&report), returned(expected), "{name}");
}

macro_rules! packages {
    ($($test:ident: $name:literal, $imports:literal, $body:literal, $expected:tt;)*) => {
        $(#[test]
        fn $test() {
            check_package($name, $imports, $body, json!($expected));
        })*
    };
}

packages! {
    ajv_validates: "ajv", "import Ajv from 'ajv';",
        "const validate = new Ajv().compile({ type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] });
         return [validate({ a: 1 }), validate({ a: 'x' }), validate.errors[0].instancePath];",
        [true, false, "/a"];
    big_calculates: "big.js", "import Big from 'big.js';",
        "return new Big('0.1').plus('0.2').toString();", "0.3";
    date_fns_adds: "date-fns", "import { addMonths, formatISO } from 'date-fns';",
        "return formatISO(addMonths(new Date(Date.UTC(2026, 0, 31)), 1), { representation: 'date' });", "2026-02-28";
    dayjs_formats: "dayjs", "import dayjs from 'dayjs'; import utc from 'dayjs/plugin/utc.js'; dayjs.extend(utc);",
        "return dayjs.utc('2026-01-31').add(1, 'day').format('DD.MM.YYYY');", "01.02.2026";
    decimal_calculates: "decimal.js", "import { Decimal } from 'decimal.js';",
        "return new Decimal(2).sqrt().toFixed(20);", "1.41421356237309504880";
    deepmerge_merges: "deepmerge", "import merge from 'deepmerge';",
        "return merge({ a: { b: [1] } }, { a: { b: [2], c: 3 } });", { "a": { "b": [1, 2], "c": 3 } };
    fast_xml_parser_parses: "fast-xml-parser", "import { XMLParser } from 'fast-xml-parser';",
        "return new XMLParser({ ignoreAttributes: false }).parse('<a x=\"1\"><b>2</b></a>');", { "a": { "b": 2, "@_x": "1" } };
    handlebars_renders: "handlebars", "import Handlebars from 'handlebars';",
        "return Handlebars.compile('{{#each names}}<{{this}}>{{/each}}')({ names: ['a', '&'] });", "<a><&amp;>";
    he_decodes: "he", "import he from 'he';",
        "return he.decode('&lt;&auml;&#x20AC;');", "<ä€";
    immer_produces: "immer", "import { produce } from 'immer';",
        "const before = { list: [1] }; const after = produce(before, (draft) => { draft.list.push(2); }); return [before, after];",
        [{ "list": [1] }, { "list": [1, 2] }];
    marked_renders: "marked", "import { marked } from 'marked';",
        "return marked.parse('# *A*');", "<h1><em>A</em></h1>\n";
    ms_reads: "ms", "import ms from 'ms';",
        "return [ms('2 days'), ms(60000)];", [172800000, "1m"];
    mustache_renders: "mustache", "import Mustache from 'mustache';",
        "return Mustache.render('{{#a}}{{b}}{{/a}}', { a: [{ b: 1 }, { b: 2 }] });", "12";
    nanoid_is_fresh: "nanoid", "import { nanoid } from 'nanoid'; const first = nanoid();",
        "const id = nanoid(); return [id.length, id !== first];", [21, true];
    p_limit_limits: "p-limit", "import pLimit from 'p-limit';",
        "let now = 0; let most = 0; const limit = pLimit(2);
         const job = async (n) => { now += 1; most = Math.max(most, now); await new Promise((r) => setTimeout(r, 1)); now -= 1; return n; };
         return [await Promise.all([1, 2, 3, 4].map((n) => limit(() => job(n)))), most];", [[1, 2, 3, 4], 2];
    papaparse_parses: "papaparse", "import Papa from 'papaparse';",
        "return Papa.parse('a,b\\n1,\"x,y\"', { header: true }).data;", [{ "a": "1", "b": "x,y" }];
    qs_parses: "qs", "import qs from 'qs';",
        "return [qs.parse('a[b]=1&c[]=2'), qs.stringify({ a: [1, 2] })];", [{ "a": { "b": "1" }, "c": ["2"] }, "a%5B0%5D=1&a%5B1%5D=2"];
    ramda_composes: "ramda", "import { pipe, map, sum } from 'ramda';",
        "return pipe(map((n) => n * n), sum)([1, 2, 3]);", 14;
    semver_compares: "semver", "import semver from 'semver';",
        "return [semver.satisfies('1.2.3', '^1.1'), semver.inc('1.2.3', 'minor')];", [true, "1.3.0"];
    validator_checks: "validator", "import validator from 'validator';",
        "return [validator.isEmail('a@b.de'), validator.isIBAN('DE89370400440532013000'), validator.isURL('nope')];", [true, true, false];
    yaml_parses: "yaml", "import { parse, stringify } from 'yaml';",
        "return [parse('a:\\n  - 1\\n  - b: c\\n'), stringify({ x: [1] })];", [{ "a": [1, { "b": "c" }] }, "x:\n  - 1\n"];
    zod_parses: "zod", "import { z } from 'zod';",
        "const shape = z.object({ name: z.string().min(1), age: z.coerce.number() });
         return [shape.parse({ name: 'Ada', age: '36' }), shape.safeParse({ name: '' }).success];", [{ "name": "Ada", "age": 36 }, false];
}

const README: &str = include_str!("../../README.md");

/// The lambda that the README shows in this language and that contains this text.
#[track_caller]
fn from_readme(language: &str, part: &str) -> &'static str {
    let fences = README.split("```").skip(1).step_by(2);
    let code = fences.filter_map(|fence| fence.strip_prefix(language)?.strip_prefix('\n'));
    let mut found = code.filter(|code| code.contains(part));
    let code = found.next().expect("the README has it");
    assert!(found.next().is_none(), "the README has two with {part}");
    code
}

#[test]
fn the_lambdas_of_the_readme_run() {
    let hello = from_readme("js", "async function lambda(input, callback)");
    let report = run_beside("hello.js", hello, json!({ "name": "Ada" }));
    assert_eq!(outcome(&report), returned("Hello Ada"));
    assert_eq!(log_lines(&report), [r#"Info greeting [{"name":"Ada"}]"#]);
    let greet = from_readme("js", "// greet.mjs, after `npm install ms`");
    let payload = json!({ "name": "ADA", "millis": 7_200_000 });
    let report = run_beside("greet.mjs", greet, payload);
    assert_eq!(outcome(&report), returned("Ada is back in 2h"));
    let total = from_readme("ts", "// total.ts");
    let report = run_beside("total.ts", total, json!({ "prices": [1, 2.5, 3] }));
    assert_eq!(outcome(&report), returned(6.5));
}

/// Type-checks TypeScript that uses the toolbelts' types; what the compiler says, empty for nothing.
fn type_errors(name: &str, code: &str) -> String {
    let folder = installed();
    let types = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/types");
    for toolbelt in ["lp-faas-toolbelt", "core-functions-toolbelt"] {
        let to = folder.join("node_modules/@types").join(toolbelt);
        std::fs::create_dir_all(&to).unwrap();
        for file in ["package.json", "index.d.ts"] {
            std::fs::copy(types.join(toolbelt).join(file), to.join(file)).unwrap();
        }
    }
    let file = format!("{name}.ts");
    std::fs::write(folder.join(&file), code).unwrap();
    let output = Command::new(folder.join("node_modules/.bin/tsc"))
        .args([
            "--noEmit",
            "--strict",
            "--skipLibCheck",
            "--target",
            "es2022",
        ])
        .args([
            "--module",
            "nodenext",
            "--moduleResolution",
            "nodenext",
            &file,
        ])
        .current_dir(&folder)
        .output()
        .expect("tsc can be run");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn editors_know_the_toolbelts() {
    let code = "import { ErrorStrategy, LpServices, SDETypes, SecretError, Toolbelt } from 'lp-faas-toolbelt';
        import { LpServices as SecondServices, ToolBeltError, Toolbelt as Second } from 'core-functions-toolbelt';
        export async function lambda(input: { payload: { name: string } }): Promise<unknown> {
          const body: string = await Toolbelt.HTTPClient().get('https://example.com', { simple: false });
          const { value } = await Toolbelt.SecretClient().readSecret('key');
          const [match] = Toolbelt.ConversationUtil().scanConversationForKeywords({}, ['a']);
          const history = await Toolbelt.LpClient()(LpServices.MSG_HIST, '/path', { method: 'GET' });
          const response = await Second.LpClient()('msgHist', '/path', { method: 'POST' });
          const connection = Toolbelt.SFClient().connectToSalesforce({ instanceUrl: 'https://x' });
          connection.query('SELECT Id FROM Account', (error, result) => console.info(error, result));
          const shown = await Toolbelt.MTLSClient({ cert: 'PEM', key: new Uint8Array() })
            .post('https://example.com', { accept: 'text/plain' }, { a: 1 }, { json: true, timeout: 1000 });
          const gateway = await Second.LPMtlsClient().get('https://example.com', {}, undefined, { json: true });
          const statuses: number[] = [shown.statusCode, gateway.statusCode];
          const [called] = await Toolbelt.OrchestratorClient().invoke([{ uuid: 'other', payload: { a: 1 }, retries: 1 }], 1000, {
            errorStrategy: ErrorStrategy.CONTINUE_ON_ERROR, invokeParallel: true });
          const domain: string = await Second.CsdsClient().get(SecondServices.AUDITLOG);
          await Toolbelt.SDEUtil().addSDEs([{ type: SDETypes.LEAD }], 'visitor', 'session');
          const { sdes } = Second.SDEUtil().getSDEsFromConv({});
          const replaced: string[] = await Second.GDPRUtil().replaceConversationFiles(
            {}, { username: 'u', password: 'p' }, (path) => path.endsWith('.png'));
          try {
            await Toolbelt.ContextServiceClient({ accountId: '1', apiKey: value }).deleteNamespace('n');
          } catch (error) {
            if (error instanceof SecretError || error instanceof ToolBeltError) console.error(error.code);
          }
          return [body, match.tag, history, await response.json(), input.payload.name, statuses, called.error?.code,
            domain.length, sdes.events.length, replaced.join()];
        }";
    assert_eq!(type_errors("types", code), "");
}

#[test]
fn editors_know_what_the_toolbelts_do_not_take() {
    let wrong = [
        ("Toolbelt.SecretClient().readSecret(5)", "TS2345"),
        ("Toolbelt.MTLSClient({ cert: 'PEM' })", "TS2345"),
        ("Second.LPMtlsClient().put('https://example.com')", "TS2339"),
        ("Toolbelt.OrchestratorClient().invoke([{}], 1000)", "TS2741"),
        ("Second.CsdsClient().get()", "TS2554"),
        (
            "Toolbelt.SDEUtil().addSDEs('lead', 'visitor', 'session')",
            "TS2345",
        ),
        (
            "Toolbelt.GDPRUtil().replaceConversationFiles({}, 'password')",
            "TS2345",
        ),
        ("Toolbelt.CsdsClient()", "TS2551"),
        ("Second.HTTPClient()", "TS2551"),
        ("Second.SFClient()", "TS2339"),
    ];
    let imports = "import { Toolbelt } from 'lp-faas-toolbelt';\n\
                   import { Toolbelt as Second } from 'core-functions-toolbelt';\n";
    let lines: String = wrong.iter().map(|(line, _)| format!("{line};\n")).collect();
    let told = type_errors("wrong-types", &format!("{imports}{lines}"));
    for (index, (line, code)) in wrong.iter().enumerate() {
        let place = format!("wrong-types.ts({},", index + 3);
        let found = told.lines().find(|error| error.starts_with(&place));
        let found = found.unwrap_or_else(|| panic!("{line} is taken:\n{told}"));
        assert!(found.contains(code), "{found}");
    }
}
