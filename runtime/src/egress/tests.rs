mod connecting;
mod exchanging;
mod upstream;

use sandglass_host_abi::allowed_hosts::HostRule;
use sandglass_host_abi::{AllowedHosts, HttpRequest};

use super::*;
use upstream::Upstream;

fn local() -> EgressConfig {
    EgressConfig {
        addresses: AddressPolicy::AllowPrivate,
        ..EgressConfig::default()
    }
}

fn request(method: &str, url: &str) -> HttpRequest {
    HttpRequest {
        method: method.into(),
        url: url.into(),
        headers: Vec::new(),
        body: Vec::new(),
        decompress: false,
        timeout: Some(Duration::from_secs(20)),
        response_body_max: ByteSize::mib(1),
        identity: None,
    }
}

fn permit(request: HttpRequest) -> PermittedRequest {
    let missing = match AllowedHosts::default().permit(request.clone()) {
        Err(HttpError::HostNotAllowed(missing)) => missing,
        other => panic!("nothing is allowed by default: {other:?}"),
    };
    let rule: HostRule = missing.parse().unwrap();
    AllowedHosts::from([rule]).permit(request).unwrap()
}

async fn send_with(config: EgressConfig, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    Egress::new(config).unwrap().send(permit(request)).await
}

async fn send(request: HttpRequest) -> Result<HttpResponse, HttpError> {
    send_with(local(), request).await
}

async fn get(url: &str) -> Result<HttpResponse, HttpError> {
    send(request("GET", url)).await
}

fn headers_of(response: &HttpResponse) -> Vec<(&str, &str)> {
    let text = |value| std::str::from_utf8(value).unwrap();
    response
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), text(value)))
        .collect()
}
