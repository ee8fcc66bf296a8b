use std::time::Instant;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::upstream::ok;
use super::*;

fn within(limit: Duration, url: &str) -> HttpRequest {
    HttpRequest {
        timeout: Some(limit),
        ..request("GET", url)
    }
}

/// A certificate authority in PEM, and a server with a certificate of it for a name.
fn server_for(name: &str) -> (Vec<u8>, rustls::ServerConfig) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (authority.pem().into_bytes(), config)
}

fn trusting(root_certificates: Vec<u8>) -> EgressConfig {
    EgressConfig {
        root_certificates,
        ..local()
    }
}

#[tokio::test]
async fn private_addresses_are_refused_by_default_by_name_and_as_written() {
    let mut upstream = Upstream::answering(ok(b"")).await;
    let port = upstream.address.port();
    for host in [
        "localhost",
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "2130706433",
    ] {
        let asked = request("GET", &format!("http://{host}:{port}/"));
        let error = send_with(EgressConfig::default(), asked).await.unwrap_err();
        assert!(
            matches!(error, HttpError::AddressRefused(_)),
            "{host}: {error}"
        );
    }
    assert!(upstream.is_idle());
}

#[tokio::test]
async fn metadata_services_are_refused_also_where_private_addresses_are_allowed() {
    for host in [
        "169.254.169.254",
        "[fd00:ec2::254]",
        "0xa9fea9fe",
        "[::ffff:a9fe:a9fe]",
    ] {
        let error = get(&format!("http://{host}/")).await.unwrap_err();
        assert!(
            matches!(error, HttpError::AddressRefused(_)),
            "{host}: {error}"
        );
    }
}

#[tokio::test]
async fn a_name_is_connected_to_by_its_checked_addresses() {
    let mut upstream = Upstream::answering(ok(b"found")).await;
    let url = format!("http://localhost:{}/", upstream.address.port());
    assert_eq!(get(&url).await.unwrap().body, b"found");
    let host = format!("host: localhost:{}\r\n", upstream.address.port());
    assert!(upstream.request().await.contains(&host));
}

#[tokio::test]
async fn a_refused_connection_names_its_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = get(&format!("http://{address}/?token=secret"))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        HttpError::ConnectionFailed(format!("ECONNREFUSED {address}"))
    );
    let error = get(&format!("https://{address}/")).await.unwrap_err();
    assert_eq!(
        error,
        HttpError::ConnectionFailed(format!("ECONNREFUSED {address}"))
    );
    let error = get(&format!("http://localhost:{}/", address.port()))
        .await
        .unwrap_err();
    let HttpError::ConnectionFailed(cause) = error else {
        panic!("{error}")
    };
    assert!(cause.starts_with("ECONNREFUSED "), "{cause}");
    assert!(cause.ends_with(&format!(":{}", address.port())), "{cause}");
}

#[tokio::test]
async fn a_name_that_does_not_exist_does_not_resolve() {
    let error = get("http://does-not-exist.invalid/").await.unwrap_err();
    assert_eq!(error, HttpError::DnsFailed("does-not-exist.invalid".into()));
}

#[tokio::test]
async fn a_server_that_hangs_up_is_a_reset_connection() {
    let hang_up = HttpError::ConnectionFailed("ECONNRESET socket hang up".into());
    for answer in [
        "",
        "HTTP/1.1 20",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
    ] {
        let upstream = Upstream::answering(answer).await;
        assert_eq!(
            get(&upstream.url()).await.unwrap_err(),
            hang_up,
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_does_not_speak_http_is_said_so() {
    let upstream = Upstream::answering("SSH-2.0-OpenSSH_9.9\r\n").await;
    let error = get(&upstream.url()).await.unwrap_err().to_string();
    assert!(error.starts_with("the response is not HTTP: "), "{error}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let plain = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&ok(b"plain")).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await
    };
    let (error, _) = tokio::join!(get(&url), plain);
    assert!(matches!(error, Err(HttpError::TlsFailed(_))), "{error:?}");
}

#[tokio::test]
async fn a_slow_server_times_out_in_every_phase() {
    let limit = Duration::from_millis(100);
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\nX-Slow: ",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx",
    ] {
        let upstream = Upstream::hanging_after(answer).await;
        let start = Instant::now();
        let error = send(within(limit, &upstream.url())).await.unwrap_err();
        assert_eq!(error, HttpError::TimedOut, "{answer:?}");
        assert!(
            start.elapsed() >= limit && start.elapsed() < limit * 20,
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_handshake_that_never_ends_times_out_as_connecting() {
    let upstream = Upstream::hanging_after("").await;
    let config = EgressConfig {
        connect_timeout: Duration::from_millis(100),
        ..local()
    };
    let asked = request("GET", &format!("https://{}/", upstream.address));
    assert_eq!(
        send_with(config, asked).await.unwrap_err(),
        HttpError::TimedOut
    );
}

#[tokio::test]
async fn a_request_cannot_ask_for_more_time_than_the_client_allows() {
    let upstream = Upstream::hanging_after("").await;
    let config = EgressConfig {
        timeout: Duration::from_millis(100),
        ..local()
    };
    for timeout in [None, Some(Duration::from_secs(60))] {
        let asked = HttpRequest {
            timeout,
            ..request("GET", &upstream.url())
        };
        let start = Instant::now();
        let error = send_with(config.clone(), asked).await.unwrap_err();
        assert_eq!(error, HttpError::TimedOut);
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn requests_past_those_in_flight_wait_their_turn() {
    let slow = Upstream::hanging_after("").await;
    let quick = Upstream::answering(ok(b"quick")).await;
    let config = EgressConfig {
        in_flight_max: 1,
        ..local()
    };
    let egress = Egress::new(config).unwrap();
    let limit = Duration::from_millis(200);
    let start = Instant::now();
    let (first, second) = tokio::join!(
        egress.send(permit(within(limit, &slow.url()))),
        egress.send(permit(request("GET", &quick.url()))),
    );
    assert_eq!(first.unwrap_err(), HttpError::TimedOut);
    assert_eq!(second.unwrap().body, b"quick");
    assert!(start.elapsed() >= limit);
}

#[tokio::test]
async fn a_request_that_is_dropped_closes_its_connection() {
    let mut upstream = Upstream::hanging_after("").await;
    let egress = Egress::new(EgressConfig {
        in_flight_max: 1,
        ..local()
    })
    .unwrap();
    let url = upstream.url();
    tokio::select! {
        _ = egress.send(permit(request("GET", &url))) => panic!("the server never answers"),
        _ = upstream.request() => {}
    }
    assert_eq!(egress.in_flight.available_permits(), 1);
}

#[tokio::test]
async fn an_own_root_certificate_is_trusted_for_its_names() {
    let (authority, server) = server_for("localhost");
    let upstream = Upstream::over_tls(server).await;
    let url = format!("https://localhost:{}/", upstream.address.port());
    let response = send_with(trusting(authority.clone()), request("GET", &url))
        .await
        .unwrap();
    assert_eq!(response.body, b"full handshake");
    let by_address = format!("https://{}/", upstream.address);
    let error = send_with(trusting(authority), request("GET", &by_address))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, HttpError::TlsFailed(why) if why.contains("not valid for name")),
        "{error}"
    );
}

#[tokio::test]
async fn a_tls_session_is_resumed_on_the_next_connection() {
    let (authority, server) = server_for("localhost");
    let upstream = Upstream::over_tls(server).await;
    let url = format!("https://localhost:{}/", upstream.address.port());
    let egress = Egress::new(trusting(authority)).unwrap();
    for expected in ["full handshake", "resumed", "resumed"] {
        let response = egress.send(permit(request("GET", &url))).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&response.body), expected);
    }
}

#[tokio::test]
async fn an_unknown_certificate_is_not_trusted() {
    let (_, server) = server_for("localhost");
    let mut upstream = Upstream::over_tls(server).await;
    let url = format!("https://localhost:{}/", upstream.address.port());
    let error = get(&url).await.unwrap_err();
    assert_eq!(
        error,
        HttpError::TlsFailed("invalid peer certificate: UnknownIssuer".into())
    );
    assert!(upstream.is_idle());
}

#[tokio::test]
async fn a_bad_root_certificate_is_refused_at_the_start() {
    let damaged = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    for roots in [b"not PEM".to_vec(), damaged] {
        let error = Egress::new(trusting(roots)).unwrap_err();
        assert!(matches!(error, EgressError::RootCertificates(_)), "{error}");
    }
}

#[tokio::test]
async fn without_http_every_host_is_not_allowed() {
    let error = NoHttp
        .send(permit(request("GET", "https://a.example/")))
        .await
        .unwrap_err();
    assert_eq!(error, HttpError::HostNotAllowed("a.example".into()));
}
