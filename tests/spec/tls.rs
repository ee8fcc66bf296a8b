//! A server with a certificate speaks HTTPS, in HTTP/1.1 and HTTP/2, and a certificate that is replaced
//! costs nobody a connection.

use std::error::Error;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use rustix::process::Signal;
use sandglass_server::{Config, ListenUrl, StartError};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::harness::binary::{Serving, run, sandglass};
use crate::harness::http2::{self, Http2, get, invocation};
use crate::harness::server::{ACCOUNT, Call, TestServer, config, open, share_code_cache};
use crate::harness::server::{start, start_with};
use crate::harness::tls::{Pki, agreed, set_mode, shown, write_private};
use crate::harness::{block_on, temporary};

fn start_tls(pki: &Pki) -> TestServer {
    start_with(|config| config.tls = Some(pki.files()))
}

/// The same with a plain address besides, for what a test does before its subject.
fn start_both(pki: &Pki) -> TestServer {
    start_with(|config| {
        config.tls = Some(pki.files());
        config.also_listen = vec!["http://127.0.0.1:0".parse().unwrap()];
    })
}

fn status(pki: &Pki, url: &str, path: &str) -> u16 {
    let asked = pki.http_client().get(format!("{url}{path}")).send();
    block_on(asked).expect("it answers").status().as_u16()
}

#[test]
fn a_server_with_a_certificate_speaks_https() {
    let pki = Pki::new();
    let server = start_tls(&pki);
    assert!(
        server.url.starts_with("https://127.0.0.1:"),
        "{}",
        server.url
    );
    assert_eq!(status(&pki, &server.url, "/healthz"), 200);
    let stranger = Pki::new().http_client().get(&server.url).send();
    assert!(
        block_on(stranger).is_err(),
        "who does not trust it does not talk to it"
    );
}

#[test]
fn a_client_chooses_its_version_of_http_in_the_handshake() {
    let pki = Pki::new();
    let server = start_tls(&pki);
    let choose = |offered: &[&str]| {
        let stream = pki.shake_hands(&server.url, offered);
        stream.map(|stream| agreed(&stream).map(str::to_owned))
    };
    assert_eq!(choose(&["h2", "http/1.1"]).unwrap().as_deref(), Some("h2"));
    assert_eq!(choose(&["http/1.1", "h2"]).unwrap().as_deref(), Some("h2"));
    assert_eq!(choose(&["http/1.1"]).unwrap().as_deref(), Some("http/1.1"));
    assert_eq!(choose(&[]).unwrap(), None);
    assert!(choose(&["spdy/3"]).is_err());
    let silent = http1(pki.shake_hands(&server.url, &[]).unwrap(), "/healthz");
    assert!(silent.starts_with("HTTP/1.1 200 OK\r\n"), "{silent}");
}

/// Asks once over HTTP/1.1.
fn http1(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: tests\r\nconnection: close\r\n\r\n");
    let mut reply = Vec::new();
    block_on(async {
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_to_end(&mut reply).await.unwrap();
    });
    String::from_utf8(reply).unwrap()
}

#[test]
fn a_failed_lambda_is_901_in_http_2_too_where_no_status_has_a_name() {
    let pki = Pki::new();
    let server = start_both(&pki);
    let fails = server.deploy_body("fails", "callback(new Error('the cause'))");
    let hello = server.deploy_body("hello", "callback(null, 'hello')");
    let https = server.urls[0].clone();
    let client = Http2::over(pki.shake_hands(&https, &["h2"]).unwrap());
    let failed = client.send(invocation(&https, &fails, &server.admin_token));
    assert_eq!(failed.status, 901, "{failed:?}");
    let code = "com.liveperson.faas.handler.custom-failure";
    assert_eq!(failed.json()["errorCode"], code);
    let answered = client.send(invocation(&https, &hello, &server.admin_token));
    assert_eq!(
        (answered.status, answered.text.as_str()),
        (200, "\"hello\"")
    );
    assert_eq!(answered.header("content-length"), "7");

    // The same failure in HTTP/1.1 has the name that Node's servers give it.
    let mut stream = pki.shake_hands(&https, &["http/1.1"]).unwrap();
    let body = r#"{"payload":{}}"#;
    let request = format!(
        "POST /api/account/{ACCOUNT}/lambdas/{fails}/invoke?v=1&externalSystem=x HTTP/1.1\r\n\
         host: tests\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
        server.admin_token,
        body.len()
    );
    let mut start = [0; 20];
    block_on(async {
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_exact(&mut start).await.unwrap();
    });
    assert_eq!(&start, b"HTTP/1.1 901 unknown");
}

#[test]
fn another_implementation_speaks_each_version_with_it() {
    let pki = Pki::new();
    let server = start_both(&pki);
    let fails = server.deploy_body("fails", "callback(new Error('the cause'))");
    let [https, http] = server.urls.clone().try_into().unwrap();
    let curl = |version: &str, origin: &str| {
        let path = format!("/api/account/{ACCOUNT}/lambdas/{fails}/invoke?v=1&externalSystem=x");
        let ran = std::process::Command::new("curl")
            .args([
                "--silent",
                "--show-error",
                version,
                "--data",
                r#"{"payload":{}}"#,
            ])
            .args([
                "--output",
                "/dev/null",
                "--write-out",
                "%{http_version} %{http_code}",
            ])
            .args([
                "--header",
                &format!("Authorization: Bearer {}", server.admin_token),
            ])
            .arg("--cacert")
            .arg(pki.ca_file())
            .arg(format!("{origin}{path}"))
            .output()
            .expect("curl can be run");
        assert!(ran.status.success(), "{version}: {ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    };
    assert_eq!(curl("--http2", &https), "2 901");
    assert_eq!(curl("--http1.1", &https), "1.1 901");
    assert_eq!(curl("--http2-prior-knowledge", &http), "2 901");
    assert_eq!(curl("--http1.1", &http), "1.1 901");
    // It offers to upgrade, which HTTP/2 has no more (RFC 9113, section 3.1).
    assert_eq!(curl("--http2", &http), "1.1 901");
}

#[test]
fn a_plain_address_speaks_http_2_to_who_begins_with_it() {
    let server = start();
    let hello = server.deploy_body("hello", "callback(null, 'hello')");
    let client = Http2::plain(&server.url);
    let reply = client.send(invocation(&server.url, &hello, &server.admin_token));
    assert_eq!((reply.status, reply.text.as_str()), (200, "\"hello\""));
    let missing = client.send(get(&format!("{}/nothing", server.url)));
    assert_eq!(missing.status, 404);
    assert_eq!(server.plain(Method::GET, "/healthz").send().status, 200);
}

#[test]
fn requests_of_one_connection_do_not_wait_for_one_another() {
    let server = start();
    let loops = server.deploy_body("loops", "for (;;) {}");
    let hello = server.deploy_body("hello", "callback(null, 'hello')");
    let client = Http2::plain(&server.url);
    let looping = client.begin(invocation(&server.url, &loops, &server.admin_token));
    for _ in 0..3 {
        let reply = client.send(invocation(&server.url, &hello, &server.admin_token));
        assert_eq!(reply.text, "\"hello\"");
    }
    // Taking a request back ends its lambda.
    looping.abort();
    let idle = (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        let page = server.plain(Method::GET, "/metrics").send().text;
        page.lines().any(|line| line == "sandglass_running 0")
    });
    assert!(idle, "the loop ended with its request");
}

#[test]
fn http_and_https_are_served_at_once_and_the_domain_api_names_the_encrypted_address() {
    let pki = Pki::new();
    let server = start_with(|config| {
        config.tls = Some(pki.files());
        let urls = ["http://127.0.0.1:0", "https://127.0.0.1:0"];
        config.also_listen = urls.map(|url| url.parse::<ListenUrl>().unwrap()).to_vec();
    });
    let [main, plain, other] = server.urls.clone().try_into().unwrap();
    assert!(main.starts_with("https://") && other.starts_with("https://"));
    assert!(plain.starts_with("http://"));
    for url in [&main, &plain, &other] {
        assert_eq!(status(&pki, url, "/readyz"), 200, "{url}");
    }
    let path = format!("{plain}/api/account/{ACCOUNT}/service/faasGW/baseURI.json?version=1.0");
    let told = Call::new(Method::GET, path).send().json();
    // Clients put https:// before it.
    assert_eq!(told["baseURI"], main.trim_start_matches("https://"));
    let file = fs::read_to_string(server.data_dir.join("server.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&file).unwrap();
    assert_eq!(file["url"], *plain, "what runs here needs no certificate");
    assert_eq!(server.url, plain);
}

#[test]
fn https_without_a_certificate_is_refused() {
    let directory = temporary::directory();
    let mut config = config(directory.path());
    config.also_listen = vec!["https://127.0.0.1:0".parse().unwrap()];
    let refused = open(config).err().expect("there is no certificate");
    assert!(matches!(refused, StartError::Config(_)), "{refused:?}");
    assert!(causes(&refused).contains("[tls]"), "{}", causes(&refused));
}

#[test]
fn a_new_certificate_is_taken_up_and_open_connections_stay() {
    let pki = Pki::new();
    let server = start_tls(&pki);
    let url = server.url.clone();
    let before = pki.shake_hands(&url, &["h2"]).unwrap();
    let old = shown(&before);
    let open = Http2::over(before);
    let new = pki.renew();
    let taken_up = (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        shown(&pki.shake_hands(&url, &["h2"]).unwrap()) == new
    });
    assert!(taken_up && old != new);
    assert_eq!(open.send(get(&format!("{url}/healthz"))).status, 200);
}

#[test]
fn a_new_certificate_that_cannot_be_used_leaves_the_one_before() {
    let pki = Pki::new();
    let server = start_tls(&pki);
    let served = || shown(&pki.shake_hands(&server.url, &["h2"]).unwrap());
    let (first, files) = (served(), pki.files());
    let whole = fs::read(&files.certificate).unwrap();
    for bad in [&b"nonsense"[..], &whole[..whole.len() / 2], b""] {
        fs::write(&files.certificate, bad).unwrap();
        server.reload_certificate();
        assert_eq!(served(), first);
    }
    fs::remove_file(&files.key).unwrap();
    server.reload_certificate();
    assert_eq!(served(), first);
    let second = pki.renew();
    server.reload_certificate();
    assert_eq!(served(), second);
}

/// Writes a configuration with the certificate, and starts the binary with it.
fn serve(data_dir: &Path, pki: &Pki) -> Serving {
    Serving::spawn(command(data_dir, pki), data_dir)
}

fn command(data_dir: &Path, pki: &Pki) -> std::process::Command {
    share_code_cache(data_dir);
    let (file, files) = (data_dir.with_extension("toml"), pki.files());
    let text = format!(
        "listen = '127.0.0.1:0'\ndata_dir = {:?}\n[tls]\ncertificate = {:?}\nkey = {:?}\n",
        data_dir, files.certificate, files.key
    );
    fs::write(&file, text).unwrap();
    let mut command = sandglass(&["serve", "--config"]);
    command.arg(file);
    command
}

#[test]
fn sighup_makes_the_server_read_its_certificate_and_say_what_is_wrong_with_it() {
    let (directory, pki) = (temporary::directory(), Pki::new());
    let serving = serve(&directory.path().join("data"), &pki);
    let new = pki.renew();
    serving.signal(Signal::HUP);
    serving.wait_until_logged("the certificate was replaced");
    assert_eq!(shown(&pki.shake_hands(&serving.url, &[]).unwrap()), new);
    fs::write(pki.files().certificate, "nonsense").unwrap();
    serving.signal(Signal::HUP);
    serving.wait_until_logged("the certificate that there was stays in use");
    serving.wait_until_logged("holds no certificate in PEM");
    assert_eq!(shown(&pki.shake_hands(&serving.url, &[]).unwrap()), new);
    assert_eq!(serving.terminate(), Some(0));
}

#[test]
fn a_certificate_that_is_out_of_date_is_served_with_a_warning() {
    let (directory, pki) = (temporary::directory(), Pki::new());
    pki.renew_with(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let serving = serve(&directory.path().join("data"), &pki);
    serving.wait_until_logged("clients will refuse the certificate: it expired ");
    assert!(pki.shake_hands(&serving.url, &[]).is_err());
    pki.renew_with(|params| params.not_before = rcgen::date_time_ymd(3000, 1, 1));
    serving.signal(Signal::HUP);
    serving.wait_until_logged("it is not valid for another ");
    let good = pki.renew();
    serving.signal(Signal::HUP);
    let url = serving.url.clone();
    let replaced = (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        pki.shake_hands(&url, &[])
            .is_ok_and(|stream| shown(&stream) == good)
    });
    assert!(replaced);
}

fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Starts a server after the files of a certificate were changed, and returns why it did not start.
#[track_caller]
fn refusal(change: impl FnOnce(&Pki)) -> String {
    let (directory, pki) = (temporary::directory(), Pki::new());
    change(&pki);
    let config = Config {
        tls: Some(pki.files()),
        ..config(directory.path())
    };
    let error = open(config).err().expect("it cannot be used");
    assert!(matches!(error, StartError::Certificate(_)), "{error:?}");
    let key = fs::read_to_string(pki.files().key).unwrap_or_default();
    let said = causes(&error);
    for line in key
        .lines()
        .filter(|line| !line.is_empty() && !line.contains("-----"))
    {
        assert!(!said.contains(line), "a key is in {said}");
    }
    said
}

#[test]
fn a_certificate_that_cannot_be_used_is_refused_with_what_to_do() {
    let missing = refusal(|pki| fs::remove_file(pki.files().certificate).unwrap());
    assert!(
        missing.contains("chain.pem") && missing.contains("No such file"),
        "{missing}"
    );
    let missing = refusal(|pki| fs::remove_file(pki.files().key).unwrap());
    assert!(
        missing.contains("key.pem") && missing.contains("No such file"),
        "{missing}"
    );
    let empty = refusal(|pki| fs::write(pki.files().certificate, "").unwrap());
    assert!(empty.contains("-----BEGIN CERTIFICATE-----"), "{empty}");
    let large =
        refusal(|pki| fs::write(pki.files().certificate, vec![b'a'; (1 << 20) + 1]).unwrap());
    assert!(large.contains("larger than 1 MiB"), "{large}");
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let damaged = refusal(|pki| fs::write(pki.files().certificate, damaged).unwrap());
    assert!(damaged.contains("the certificate in "), "{damaged}");
}

#[test]
fn a_key_that_cannot_be_used_is_refused_with_what_to_do() {
    let swapped = refusal(|pki| {
        let other = rcgen::KeyPair::generate().unwrap();
        write_private(&pki.files().key, &other.serialize_pem());
    });
    assert!(
        swapped.contains("does not belong to the first certificate"),
        "{swapped}"
    );
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let encrypted = refusal(|pki| write_private(&pki.files().key, encrypted));
    assert!(encrypted.contains("not encrypted"), "{encrypted}");
    let damaged = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let damaged = refusal(|pki| write_private(&pki.files().key, damaged));
    assert!(damaged.contains("Ed25519"), "{damaged}");
    for mode in [0o604, 0o644, 0o606] {
        let open = refusal(|pki| set_mode(&pki.files().key, mode));
        assert!(open.contains("chmod 600"), "{open}");
    }
}

#[test]
fn a_key_may_be_its_groups_as_well() {
    let pki = Pki::new();
    set_mode(&pki.files().key, 0o640);
    assert_eq!(status(&pki, &start_tls(&pki).url, "/healthz"), 200);
}

#[test]
fn serve_ends_with_the_exit_code_of_a_mistake_when_the_certificate_is_one() {
    let (directory, pki) = (temporary::directory(), Pki::new());
    set_mode(&pki.files().key, 0o644);
    let ran = run(command(&directory.path().join("data"), &pki));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("chmod 600"), "{ran:?}");
}

#[test]
fn a_shutdown_lets_requests_of_http_2_finish_and_says_goodbye() {
    let pki = Pki::new();
    let server = start_both(&pki);
    let url = server.urls[0].clone();
    let slow = server.deploy_body("slow", "setTimeout(callback, 500, null, 'finished')");
    let client = Http2::over(pki.shake_hands(&url, &["h2"]).unwrap());
    let idle = Http2::over(pki.shake_hands(&url, &["h2"]).unwrap());
    assert_eq!(idle.send(get(&format!("{url}/healthz"))).status, 200);
    let running = client.begin(invocation(&url, &slow, &server.admin_token));
    while !client
        .send(get(&format!("{url}/metrics")))
        .text
        .contains("sandglass_running 1\n")
    {}
    let begun = std::time::Instant::now();
    let _directory = server.stop();
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "nobody was waited for in vain"
    );
    let reply = block_on(async { http2::read(running.await.unwrap().unwrap()).await });
    assert_eq!(reply.text, "\"finished\"");
    client
        .end()
        .expect("it ended with GOAWAY and not in the middle");
    idle.end().expect("so did the one that was idle");
    assert!(
        pki.shake_hands(&url, &["h2"]).is_err(),
        "it accepts no more"
    );
}

#[test]
fn a_shutdown_does_not_wait_for_a_client_that_does_not_answer() {
    let server = start();
    let mut silent = http2::RawHttp2::connect(&server.url);
    assert!(silent.next_of(&[http2::SETTINGS]).is_some());
    let begun = std::time::Instant::now();
    let _directory = server.stop();
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert!(silent.next_of(&[http2::GOAWAY]).is_some());
}

#[test]
fn plain_http_to_an_encrypted_address_is_told_so() {
    let pki = Pki::new();
    let server = start_tls(&pki);
    let mut stream = TcpStream::connect(server.url.trim_start_matches("https://")).unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: tests\r\n\r\n")
        .unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{reply}");
    assert!(reply.contains("ask with https://"), "{reply}");
}

#[test]
fn tls_before_1_2_and_nonsense_are_refused_and_others_are_served() {
    let pki = Pki::new();
    let server = start_tls(&pki);
    // A handshake of TLS 1.1 (RFC 4346, section 7.4.1.2) that offers one cipher suite.
    let mut hello = vec![1, 0, 0, 41, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2f, 1, 0]);
    let mut record = vec![22, 3, 1, 0, hello.len() as u8];
    record.extend(hello);
    for bytes in [record, vec![22; 4096]] {
        let mut stream = TcpStream::connect(server.url.trim_start_matches("https://")).unwrap();
        stream.write_all(&bytes).unwrap();
        let mut reply = Vec::new();
        // The rest of what was sent may cut the connection short.
        let _ = stream.read_to_end(&mut reply);
        // Nothing, or a fatal alert (RFC 8446, section 6).
        assert!(
            matches!(reply[..], [] | [21, 3, _, 0, 2, 2, _]),
            "{reply:?}"
        );
        assert_eq!(status(&pki, &server.url, "/healthz"), 200);
    }
}

#[test]
fn a_handshake_that_never_ends_is_cut_off() {
    let pki = Pki::new();
    let server = start_with(|config| {
        config.tls = Some(pki.files());
        config.header_timeout_ms = 200;
    });
    for bytes in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = TcpStream::connect(server.url.trim_start_matches("https://")).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.write_all(bytes).unwrap();
        let read = stream.read(&mut [0; 64]);
        assert!(read.is_ok_and(|count| count == 0), "{bytes:?}");
    }
}

#[test]
fn the_command_trusts_the_authority_that_it_is_given_and_nobody_else() {
    let pki = Pki::new();
    let server = start_tls(&pki);
    let port = server.url.rsplit(':').next().unwrap();
    let command = |host: &str, ca: Option<&Path>| {
        let mut command = sandglass(&["lambdas", "--server"]);
        command.arg(format!("https://{host}:{port}"));
        command.env("SANDGLASS_TOKEN", &server.admin_token);
        if let Some(ca) = ca {
            command.env("SANDGLASS_CA", ca);
        }
        run(command)
    };
    let ca = pki.ca_file();
    let trusted = command("localhost", Some(&ca));
    assert_eq!(trusted.code, 0, "{trusted:?}");
    let stranger = command("localhost", None);
    assert_eq!(stranger.code, 4, "{stranger:?}");
    assert!(stranger.err.contains("--ca"), "{stranger:?}");
    let other = Pki::new();
    let other = command("localhost", Some(&other.ca_file()));
    assert!(other.code == 4 && other.err.contains("--ca"), "{other:?}");
    let no_pem = command("localhost", Some(Path::new("/dev/null")));
    assert_eq!(no_pem.code, 2, "{no_pem:?}");
    assert!(no_pem.err.contains("holds no certificate"), "{no_pem:?}");
    pki.renew_with(|params| params.subject_alt_names.truncate(1));
    server.reload_certificate();
    let misnamed = command("127.0.0.1", Some(&ca));
    assert_eq!(misnamed.code, 4, "{misnamed:?}");
    assert!(
        misnamed.err.contains("--server https://NAME"),
        "{misnamed:?}"
    );
}
