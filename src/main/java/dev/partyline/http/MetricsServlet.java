package dev.partyline.http;

import dev.partyline.Partyline;
import dev.partyline.Setting;
import dev.partyline.Statistics;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;

/**
 * Exposes {@link Statistics} in the text format of Prometheus. If {@code partyline.api.key} is set, it must be given as a bearer token; if not, only this machine gets them.
 * {@code partyline.metrics.public} opens them to everyone.
 */
public class MetricsServlet extends HttpServlet {

    private static final long serialVersionUID = 1;
    private static final double NANOS_PER_SECOND = 1e9;

    private static final PrometheusTextFormatWriter FORMAT = PrometheusTextFormatWriter.create();

    private transient Partyline partyline;
    private transient ApiKeyGuard guard;

    @Override
    public void init() throws ServletException {
        partyline = Partyline.of(getServletContext());
        guard = ApiKeyGuard.of(getServletContext());
        try {
            // Loads the classes of Prometheus, which fails for good while there is no file descriptor.
            write(partyline.statistics(), OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new ServletException(e);
        }
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Cache-Control", "no-store");
        if (!partyline.settings().isOn(Setting.METRICS_PUBLIC)) {
            switch (guard.check(request)) {
                case CLOSED -> {
                    if (!MonitoringAccess.isLocal(request, guard)) {
                        refuse(response, HttpServletResponse.SC_FORBIDDEN, "closed to other machines until partyline.api.key or partyline.metrics.public is set");
                        return;
                    }
                }
                case REJECTED -> {
                    response.setHeader("WWW-Authenticate", "Bearer realm=\"partyline\"");
                    refuse(response, HttpServletResponse.SC_UNAUTHORIZED, "the Authorization header must be Bearer and the API's key");
                    return;
                }
                case BLOCKED -> {
                    refuse(response, ApiServlet.TOO_MANY_REQUESTS, "too many wrong keys came from this address; try again in a minute");
                    return;
                }
                case ALLOWED -> { }
            }
        }
        response.setContentType(FORMAT.getContentType());
        write(partyline.statistics(), response.getOutputStream());
    }

    private static void refuse(HttpServletResponse response, int status, String reason) throws IOException {
        response.setStatus(status);
        response.setContentType("text/plain;charset=UTF-8");
        response.getOutputStream().print(reason);
    }

    static void write(Statistics statistics, OutputStream out) throws IOException {
        FORMAT.write(out, new MetricSnapshots(List.of(
            gauge("lines", "Lines, open and held", statistics.lines()),
            gauge("lines_held", "Held lines, which have no connection and can be resumed", statistics.heldLines()),
            gauge("tabs", "Tabs on all lines", statistics.tabs()),
            gauge("tabs_per_line", "Average number of tabs per line", statistics.lines() == 0 ? 0 : (double) statistics.tabs() / statistics.lines()),
            gauge("topics", "Topics", statistics.topics()),
            gauge("handlers_running", "Messages that wait for their handler or are handled", statistics.runningHandlers()),
            gauge("handler_threads_hung", "Threads with code of the application that ignores its interrupt", statistics.hungThreads()),
            counter("messages_in", "WebSocket messages received from clients", statistics.received().messages()),
            counter("chars_in", "Characters received from clients", statistics.received().chars()),
            counter("faults", "Malformed frames received from clients", statistics.received().faults()),
            counter("over_rate", "Frames from clients that the rate limit rejected", statistics.received().overRate()),
            counter("refusals", "Connections rejected", statistics.received().refusals()),
            counter("batches_out", "WebSocket messages sent to clients", statistics.sent().batches()),
            counter("frames_out", "Frames sent to clients", statistics.sent().frames()),
            counter("chars_out", "Characters sent to clients", statistics.sent().chars()),
            counter("gaps", "Gaps reported to lines", statistics.sent().gaps()),
            counter("slow_closes", "Connections closed because the client did not read in time", statistics.sent().slowCloses()),
            counter("event_loop_iterations", "Event loop iterations that found work", statistics.eventLoops().iterations()),
            seconds("event_loop_busy", "Total duration of event loop iterations", statistics.eventLoops().busy()),
            gauge("event_loop_lag_max_seconds", "Longest event loop iteration in the last ten to twenty seconds",
                inSeconds(statistics.eventLoops().longestIteration())),
            gauge("retained_bytes", "Heap taken by logs, inboxes, idempotency keys and held lines", statistics.memory().bytes()),
            gauge("retained_max_bytes", "Heap that logs, inboxes, idempotency keys and held lines may take", statistics.memory().maxBytes()),
            gauge("inbound_bytes", "Heap taken by messages of clients that are incomplete or wait for a handler", statistics.memory().inboundBytes()),
            limits(statistics),
            handlers(statistics))));
    }

    private static MetricSnapshot gauge(String name, String help, double value) {
        return GaugeSnapshot.builder().name("partyline_" + name).help(help)
            .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder().value(value).build()).build();
    }

    private static MetricSnapshot counter(String name, String help, double value) {
        return CounterSnapshot.builder().name("partyline_" + name).help(help)
            .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder().value(value).build()).build();
    }

    private static MetricSnapshot seconds(String name, String help, Duration time) {
        return CounterSnapshot.builder().name("partyline_" + name + "_seconds").unit(Unit.SECONDS).help(help)
            .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder().value(inSeconds(time)).build()).build();
    }

    private static double inSeconds(Duration time) {
        return time.toNanos() / NANOS_PER_SECOND;
    }

    private static MetricSnapshot limits(Statistics statistics) {
        CounterSnapshot.Builder counter = CounterSnapshot.builder().name("partyline_limit_hits").help("How often clients reached a limit, by the setting that raises it");
        statistics.limits().forEach((setting, hits) -> counter.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder().labels(Labels.of("limit", setting)).value(hits).build()));
        return counter.build();
    }

    private static MetricSnapshot handlers(Statistics statistics) {
        HistogramSnapshot.Builder histogram = HistogramSnapshot.builder().name("partyline_handler_seconds").unit(Unit.SECONDS)
            .help("Handler latency, by message type");
        statistics.handlers().forEach((type, latency) -> {
            ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
            for (int i = 0; i < latency.counts().size(); i++) {
                buckets.bucket(i < latency.bounds().size() ? inSeconds(latency.bounds().get(i)) : Double.POSITIVE_INFINITY, latency.counts().get(i));
            }
            histogram.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder().labels(Labels.of("type", type))
                .classicHistogramBuckets(buckets.build()).sum(inSeconds(latency.total())).build());
        });
        return histogram.build();
    }
}
