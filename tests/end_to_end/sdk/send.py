"""Sends one span, one log record and one metric with the OpenTelemetry SDK as it comes.

Everything is set by the SDK's own environment variables.
"""

import logging
import os

from opentelemetry import metrics, trace
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

if os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

traces = TracerProvider()
traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
logs = LoggerProvider()
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])

order = os.environ["ORDER"]
tracer = traces.get_tracer("sdk-test")
with tracer.start_as_current_span(
    "POST /orders",
    kind=trace.SpanKind.SERVER,
    attributes={
        "http.request.method": "POST",
        "http.route": "/orders",
        "url.path": "/orders",
        "http.response.status_code": 201,
        "app.order.id": order,
    },
) as span:
    with tracer.start_as_current_span(
        "POST",
        kind=trace.SpanKind.CLIENT,
        attributes={
            "http.request.method": "POST",
            "url.full": "http://payments:8080/captures",
            "server.address": "payments",
            "server.port": 8080,
            "service.peer.name": "payments",
            "http.response.status_code": 503,
        },
    ) as call:
        call.record_exception(RuntimeError("the bank does not answer"))
        call.set_status(trace.StatusCode.ERROR, "the bank does not answer")
    logger = logging.getLogger("shop")
    logger.addHandler(LoggingHandler(logger_provider=logs))
    logger.warning("paid", extra={"event.name": "payment.captured", "order_id": order})
meters.get_meter("sdk-test").create_gauge("commerce.inventory.level").set(
    12, {"commerce.system": "wms", "commerce.sku": "SKU-1", "commerce.location": "BER"}
)

for provider in (traces, logs, meters):
    assert provider.force_flush(10_000), provider
