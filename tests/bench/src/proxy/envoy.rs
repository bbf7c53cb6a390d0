use std::net::SocketAddr;

/// Envoy's configuration: one route to the upstream, every request traced over OTLP/gRPC
/// (`envoy.config.trace.v3.OpenTelemetryConfig`).
pub(super) fn configuration(listens: SocketAddr, upstream: SocketAddr, sink: SocketAddr) -> String {
    format!(
        "static_resources:
  listeners:
  - name: storefront-to-payments
    address: {{socket_address: {{address: {}, port_value: {}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: payments
          generate_request_id: true
          tracing:
            random_sampling: {{value: 100}}
            spawn_upstream_span: false
            provider:
              name: envoy.tracers.opentelemetry
              typed_config:
                '@type': type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
                service_name: storefront
                grpc_service: {{envoy_grpc: {{cluster_name: sink}}, timeout: 5s}}
          route_config:
            virtual_hosts:
            - name: payments
              domains: ['*']
              routes:
              - match: {{prefix: /}}
                route: {{cluster: payments, timeout: 0s}}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{'@type': type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters:
  - name: payments
    type: STATIC
    load_assignment:
      cluster_name: payments
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: {}, port_value: {}}}}}}}
  - name: sink
    type: STATIC
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        '@type': type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {{http2_protocol_options: {{}}}}
    load_assignment:
      cluster_name: sink
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: {}, port_value: {}}}}}}}
",
        listens.ip(),
        listens.port(),
        upstream.ip(),
        upstream.port(),
        sink.ip(),
        sink.port(),
    )
}
