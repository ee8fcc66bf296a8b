//! Which certificates and keys can be used, and which servers are believed.

use super::*;

#[test]
fn what_is_shaped_like_a_certificate_or_a_key_and_is_none_is_refused() {
    let server = Server::start(hello);
    let (cert, key, ca) = (&LAMBDA.certificate_pem, &LAMBDA.key_pem(), &SERVERS.pem());
    let shaped =
        |kind: &str, text: &str| format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n");
    let (damaged, no_base64) = (
        shaped("CERTIFICATE", "AAAA"),
        shaped("CERTIFICATE", "secret!"),
    );
    let damaged_key = shaped("PRIVATE KEY", "AAAA");
    let encrypted = include_str!("../node_crypto/rsa.encrypted.pem");
    let another = LAMBDAS.issue("lambda.test").key_pem();
    let form = "the private key holds no key in PEM that can be read: one in PKCS #8, PKCS #1 or SEC 1, \
                without a passphrase, is needed";
    let kinds = "the private key is of none of the kinds that are supported: RSA of 2048 to 4096 bits, \
                 ECDSA over P-256 or P-384, Ed25519";
    let mismatch = "the private key is not that of the first certificate of the chain";
    let unreadable = "the certificate chain holds a certificate that cannot be read";
    let no_certificate = "the certificate chain holds no certificate in PEM";
    let unreadable_ca = "the text of trusted certificates holds a certificate that cannot be read";
    let no_ca = "the text of trusted certificates holds no certificate in PEM";
    for (cert, key, ca, code, message) in [
        (key, key, ca, "invalid-cert", no_certificate),
        (&damaged, key, ca, "invalid-cert", unreadable),
        (&no_base64, key, ca, "invalid-cert", unreadable),
        (cert, key, key, "invalid-cert", no_ca),
        (cert, key, &damaged, "invalid-cert", unreadable_ca),
        (cert, cert, ca, "invalid-key", form),
        (cert, &encrypted.to_owned(), ca, "invalid-key", form),
        (cert, &damaged_key, ca, "invalid-key", kinds),
        (cert, &another, ca, "invalid-key", mismatch),
    ] {
        let expected = error(
            &format!("mtls.{code}"),
            &format!("Request could not be sent: {message}"),
        );
        check(using(&server, cert, key, ca), returned(expected));
    }
    assert!(server.arrived().is_empty());
}

#[test]
fn each_pem_may_be_as_large_as_the_limit_and_not_a_byte_larger() {
    let max = ClientIdentity::PEM_MAX.as_usize();
    let padded =
        |pem: &str, length: usize| format!("{}{pem}", "#".repeat(length - pem.len() - 1) + "\n");
    let (cert, key, ca) = (&LAMBDA.certificate_pem, &LAMBDA.key_pem(), &SERVERS.pem());
    let server = Server::start(hello);
    let case = using(
        &server,
        &padded(cert, max),
        &padded(key, max),
        &padded(ca, max),
    );
    let result = result_of(&case);
    assert_eq!(
        (&result[0], &result[1]["body"]),
        (&json!("no error"), &json!("hello"))
    );
    let past = max + 1;
    for (case, code, part) in [
        (
            using(&server, &padded(cert, past), key, ca),
            "mtls.invalid-cert",
            "certificate chain",
        ),
        (
            using(&server, cert, &padded(key, past), ca),
            "mtls.invalid-key",
            "private key",
        ),
        (
            using(&server, cert, key, &padded(ca, past)),
            "mtls.invalid-cert",
            "text of trusted certificates",
        ),
    ] {
        let message = format!("Request could not be sent: the {part} is larger than 64 KiB");
        check(case, returned(error(code, &message)));
    }
    assert_eq!(server.arrived().len(), 1);
}

#[test]
fn a_text_may_hold_sixteen_certificates_and_not_one_more() {
    let (cert, key, ca) = (&LAMBDA.certificate_pem, &LAMBDA.key_pem(), &SERVERS.pem());
    let server = Server::start(hello);
    let result = result_of(&using(&server, cert, key, &ca.repeat(16)));
    assert_eq!(result[1]["body"], "hello", "{result}");
    for (cert, ca, part) in [
        (cert, &ca.repeat(17), "text of trusted certificates"),
        (&cert.repeat(17), ca, "certificate chain"),
    ] {
        let message =
            format!("Request could not be sent: the {part} holds more than 16 certificates");
        check(
            using(&server, cert, key, ca),
            returned(error("mtls.invalid-cert", &message)),
        );
    }
}

#[test]
fn the_servers_certificate_is_always_checked() {
    let message = "fetch failed. Cause: invalid peer certificate: UnknownIssuer. Certificates are always checked: \
                   pass the server's own, or that of its authority, as ca";
    for options in [
        "",
        "{}",
        "{ allowSelfSigned: true }",
        "{ allowSelfSigned: false }",
    ] {
        let server = Server::start(hello);
        let call =
            format!("Toolbelt.MTLSClient({{ cert, key }}).get(url, {{}}, undefined, {options})");
        let case = rejecting(&server, &call);
        check(case, returned(error("mtls.general-issue", message)));
        assert!(server.arrived().is_empty());
    }
}

#[test]
fn an_authority_vouches_for_its_own_servers_alone() {
    let server = Server::start(hello);
    let other = Authority::new("others");
    let case = using(
        &server,
        &LAMBDA.certificate_pem,
        &LAMBDA.key_pem(),
        &other.pem(),
    );
    let message = "fetch failed. Cause: invalid peer certificate: UnknownIssuer";
    check(case, returned(error("mtls.general-issue", message)));
    let both = format!("{}{}", other.pem(), SERVERS.pem());
    let case = using(&server, &LAMBDA.certificate_pem, &LAMBDA.key_pem(), &both);
    assert_eq!(result_of(&case)[1]["body"], "hello");
}

#[test]
fn an_authority_vouches_for_the_name_that_was_asked_for() {
    let server = Server::start_as(&SERVERS.issue("another.test"), hello);
    let case = rejecting(&server, "Toolbelt.MTLSClient({ cert, key, ca }).get(url)");
    let told = result_of(&case)[3].as_str().expect("a message").to_owned();
    let expected = "fetch failed. Cause: invalid peer certificate: certificate not valid for name \"127.0.0.1\"";
    assert!(told.starts_with(expected), "{told}");
    assert!(server.arrived().is_empty());
}

fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Certified {
    let mut params = CertificateParams::new(["another.test".to_owned()]).expect("a valid name");
    change(&mut params);
    Certified::by_itself(&params)
}

#[test]
fn a_server_that_signed_for_itself_is_believed_by_its_own_certificate() {
    for own in [
        self_signed(|_| ()),
        // As `openssl req -x509` makes them.
        self_signed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        SERVERS.issue("another.test"),
    ] {
        let server = Server::start_as(&own, hello);
        let (cert, key) = (&LAMBDA.certificate_pem, &LAMBDA.key_pem());
        let case = using(&server, cert, key, &own.certificate_pem);
        assert_eq!(result_of(&case)[1]["body"], "hello");
        let case = using(&server, cert, key, &self_signed(|_| ()).certificate_pem);
        assert_eq!(result_of(&case)[2], "mtls.general-issue");
        assert_eq!(server.arrived().len(), 1);
    }
}

#[test]
fn a_certificate_whose_time_is_over_or_to_come_is_not_believed() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        for (from, to, why) in [
            (2020, 2021, "certificate expired"),
            (2100, 2101, "certificate not valid yet"),
        ] {
            let own = self_signed(|params| {
                params.is_ca = is_ca;
                params.not_before = date_time_ymd(from, 1, 1);
                params.not_after = date_time_ymd(to, 1, 1);
            });
            let server = Server::start_as(&own, hello);
            let case = using(
                &server,
                &LAMBDA.certificate_pem,
                &LAMBDA.key_pem(),
                &own.certificate_pem,
            );
            let told = result_of(&case)[3].as_str().expect("a message").to_owned();
            assert!(told.contains(why), "{told}");
            assert!(server.arrived().is_empty());
        }
    }
}

#[test]
fn a_server_that_does_not_know_the_lambdas_authority_refuses_it() {
    let server = Server::start(hello);
    let stranger = Authority::new("strangers").issue("lambda.test");
    let case = using(
        &server,
        &stranger.certificate_pem,
        &stranger.key_pem(),
        &SERVERS.pem(),
    );
    let message = "fetch failed. Cause: received fatal alert: UnknownCA";
    check(case, returned(error("mtls.general-issue", message)));
    assert!(server.arrived().is_empty());
}
