//! The six systems, as their OpenTelemetry SDKs describe them.

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use rand::{Rng, RngExt};

use super::attributes::text;

/// Instances of each system.
const PODS: [&str; 3] = ["7c9d5-4xk2p", "7c9d5-h8wzt", "7c9d5-vq6nm"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Storefront,
    Payments,
    Oms,
    Erp,
    Wms,
    Shipping,
}

impl System {
    pub(super) const COUNT: usize = 6;
    pub(super) const ALL: [Self; Self::COUNT] =
        [Self::Storefront, Self::Payments, Self::Oms, Self::Erp, Self::Wms, Self::Shipping];

    pub(super) fn index(self) -> usize {
        self as usize
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Storefront => "storefront",
            Self::Payments => "payments",
            Self::Oms => "oms",
            Self::Erp => "erp",
            Self::Wms => "wms",
            Self::Shipping => "shipping",
        }
    }

    pub(super) fn host(self) -> String {
        format!("{}.shop.svc.cluster.local", self.name())
    }

    pub(super) fn user_agent(self) -> &'static str {
        match self {
            Self::Storefront => "node-fetch/3.3.2",
            Self::Payments | Self::Oms => "Java-http-client/21.0.4",
            Self::Erp => "HttpClient/8.0",
            Self::Wms => "Go-http-client/2.0",
            Self::Shipping => "python-httpx/0.27.2",
        }
    }

    /// Name, version and SDK language of the instrumentation that makes its spans.
    fn instrumentation(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Storefront => ("@opentelemetry/instrumentation-http", "0.57.1", "nodejs"),
            Self::Payments | Self::Oms => ("io.opentelemetry.netty-4.1", "2.11.0-alpha", "java"),
            Self::Erp => ("Microsoft.AspNetCore", "8.0.11", "dotnet"),
            Self::Wms => ("go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "0.58.0", "go"),
            Self::Shipping => ("opentelemetry.instrumentation.asgi", "0.50b0", "python"),
        }
    }

    /// How finely its runtime tells time, in nanoseconds.
    pub(super) fn clock_step_ns(self) -> u64 {
        match self {
            Self::Storefront => 1_000,
            Self::Erp => 100,
            Self::Payments | Self::Oms | Self::Wms | Self::Shipping => 1,
        }
    }

    /// Its spans in one request, as one of its instances sends them.
    pub(super) fn resource_spans(self, spans: Vec<Span>, rng: &mut impl Rng) -> ResourceSpans {
        let name = self.name();
        let (scope, version, language) = self.instrumentation();
        let pod = format!("{name}-{}", PODS[rng.random_range(0..PODS.len())]);
        let attributes = vec![
            text("service.name", name),
            text("service.namespace", "shop"),
            text("service.version", "2026.11.2"),
            text("service.instance.id", pod.clone()),
            text("deployment.environment.name", "production"),
            text("host.name", "ip-10-0-12-7.eu-central-1.compute.internal"),
            text("cloud.provider", "aws"),
            text("cloud.region", "eu-central-1"),
            text("k8s.namespace.name", "shop"),
            text("k8s.pod.name", pod),
            text("telemetry.sdk.name", "opentelemetry"),
            text("telemetry.sdk.language", language),
        ];
        let scope = InstrumentationScope { name: scope.into(), version: version.into(), ..Default::default() };
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, schema_url: String::new() }];
        ResourceSpans {
            resource: Some(Resource { attributes, ..Resource::default() }),
            scope_spans,
            schema_url: String::new(),
        }
    }
}
