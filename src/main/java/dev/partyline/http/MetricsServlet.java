package dev.partyline.http;

import dev.partyline.Figures;
import dev.partyline.Partyline;
import dev.partyline.Setting;
import dev.partyline.handler.LatencyHistogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;

/** Partyline's figures in Prometheus' text format. Behind {@code partyline.api.key} where one is set. */
public class MetricsServlet extends HttpServlet {

    private static final long serialVersionUID = 1;
    private static final double NANOS_PER_SECOND = 1e9;

    private transient Partyline partyline;

    @Override
    public void init() {
        partyline = Partyline.of(getServletContext());
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (BearerAuth.check(partyline.settings().text(Setting.API_KEY), request.getHeader("Authorization")) == BearerAuth.Result.REJECTED) {
            response.setHeader("WWW-Authenticate", "Bearer realm=\"partyline\"");
            response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
            return;
        }
        PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
        response.setContentType(writer.getContentType());
        response.setHeader("Cache-Control", "no-store");
        writer.write(response.getOutputStream(), snapshots(partyline.figures()));
    }

    private static MetricSnapshots snapshots(Figures figures) {
        return new MetricSnapshots(List.of(
            gauge("lines", "Lines, open and held", figures.lines()),
            gauge("lines_held", "Held lines, which have no connection and can be resumed", figures.held()),
            gauge("tabs", "Tabs on all lines", figures.tabs()),
            gauge("tabs_per_line", "Average number of tabs per line", figures.lines() == 0 ? 0 : (double) figures.tabs() / figures.lines()),
            gauge("topics", "Topics", figures.topics()),
            gauge("handlers_running", "Messages that wait for their handler or are handled", figures.running()),
            counter("messages_in", "WebSocket messages received from clients", figures.intake().messages()),
            counter("chars_in", "Characters received from clients", figures.intake().chars()),
            counter("faults", "Malformed frames received from clients", figures.intake().faults()),
            counter("over_rate", "Frames from clients that the rate limit rejected", figures.intake().overRate()),
            counter("refusals", "Connections rejected", figures.intake().refusals()),
            counter("batches_out", "WebSocket messages sent to clients", figures.traffic().batches()),
            counter("frames_out", "Frames sent to clients", figures.traffic().frames()),
            counter("chars_out", "Characters sent to clients", figures.traffic().chars()),
            counter("gaps", "Gaps reported to lines", figures.traffic().gaps()),
            counter("slow_closes", "Connections closed because the client did not read in time", figures.traffic().slowCloses()),
            counter("event_loop_iterations", "Event loop iterations that found work", figures.traffic().iterations()),
            seconds("event_loop_busy", "Time spent in event loop iterations", figures.traffic().iterationNanos()),
            gauge("event_loop_lag_max_seconds", "Longest event loop iteration in the last ten to twenty seconds", figures.traffic().longestIterationNanos() / NANOS_PER_SECOND),
            handlers(figures)));
    }

    private static MetricSnapshot gauge(String name, String help, double value) {
        return GaugeSnapshot.builder().name("partyline_" + name).help(help)
            .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder().value(value).build()).build();
    }

    private static MetricSnapshot counter(String name, String help, double value) {
        return CounterSnapshot.builder().name("partyline_" + name).help(help)
            .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder().value(value).build()).build();
    }

    private static MetricSnapshot seconds(String name, String help, long nanos) {
        return CounterSnapshot.builder().name("partyline_" + name + "_seconds").unit(Unit.SECONDS).help(help)
            .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder().value(nanos / NANOS_PER_SECOND).build()).build();
    }

    private static MetricSnapshot handlers(Figures figures) {
        HistogramSnapshot.Builder histogram = HistogramSnapshot.builder().name("partyline_handler_seconds").unit(Unit.SECONDS).help("Handler latency, by message type");
        figures.handlers().forEach((type, timing) -> {
            ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
            List<Long> counts = timing.counts();
            for (int i = 0; i < counts.size(); i++) {
                buckets.bucket(i < LatencyHistogram.BOUNDS.size() ? LatencyHistogram.BOUNDS.get(i) : Double.POSITIVE_INFINITY, counts.get(i));
            }
            histogram.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder().labels(Labels.of("type", type))
                .classicHistogramBuckets(buckets.build()).sum(timing.sumSeconds()).build());
        });
        return histogram.build();
    }
}
