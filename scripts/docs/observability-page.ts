import { series } from '../../src/boot/metrics/series.ts';
import { cell, generated } from './page.ts';

/** Returns the table of the series, between the hand-written parts of the page. */
const seriesRows = (): string[] =>
  Object.entries(series).map(([name, { kind, help, labels }]) => {
    const described = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${values}`);
    return `| \`${name}\` | ${kind} | ${cell(help)} | ${described.map(cell).join('<br>')} |`;
  });

const before = `# Metrics, logs and traces

${generated}

Alongside has metrics for Prometheus, writes one line of JSON for each request, and sends traces to an OpenTelemetry collector. \`deploy/observability/\` has alert rules with their tests, a Grafana dashboard and an example for Prometheus.

## Metrics
\`alongside serve --metrics-port 9464\` serves \`GET /metrics\` on a separate listener; without the flag there are no metrics. \`alongside up\` has it on port 9464, or on a free port with \`--port-base 0\`; the banner and \`up --json\` (\`metrics\`) name the address. If another program uses the port that \`up\` chose itself, \`up\` logs a warning and serves no metrics. \`--metrics-port off\` switches them off.

The listener is on loopback and does not require credentials. For a Prometheus on another machine, set \`--metrics-host\` to an address of the monitoring network. The formats are Prometheus text and, by \`Accept\`, OpenMetrics.

Labels have values of closed lists: templates of routes, ids of [errors.md](errors.md), names of the source. They never contain a person, a client, an address, a path or text of a request; unknown values are \`other\`. A process has at most 10,000 lines. Each series has a limit; further combinations of labels count as \`other\`. Each process counts alone: sum over the instances. With \`--processes\` above 1, one address has the series of all processes of the machine, with the label \`process\`.

Calls of services to each other in one process count like requests over HTTP. A new endpoint, grant, authenticator or error is counted without further code, because the series derive from the events, audit records and refusals of each request ([ADR 50](adr/0050-the-log-and-the-metrics-derive-from-the-records-of-a-request.md)).

| series | kind | content | labels |
|---|---|---|---|`;

const rest = `
The series of Node.js are those of prom-client: \`process_*\` (processor, memory, open files) and \`nodejs_*\` (event loop, heap, garbage collection).

## Logs
Standard error has one JSON object a line. \`--log-level\` is \`info\` by default, and a reload (SIGHUP) changes it. \`serve\` logs every request at \`info\`; \`--no-log-requests\` limits it to sign-ins, refusals and failures, as \`up\` does by default; \`--log-requests\` adds the others. On a terminal, \`up\` prints text instead of JSON. Successful calls of \`/healthz\` and \`/readyz\`, and calls of services to each other in one process, are at \`debug\`.

\`--log-file FILE\` writes the same lines to a file, readable by its owner only, instead of standard error. It rotates at 100 MB (\`--log-file-size\`) or after 24 hours (\`--log-file-age\`): the old file is renamed with the time, such as \`alongside.log.20261201T101500000Z\`, and the newest 14 are kept (\`--log-files-kept\`). Each process needs a separate file, except that the processes of \`--processes\` share one. If the file cannot be written, for example on a full disk, its lines are lost, standard error has one line a minute about it, and requests go on. The audit log, for which responses do wait, is in the database.

| member | meaning |
|---|---|
| \`level\` \`time\` \`service\` | 20 debug, 30 info, 40 warn, 50 error; milliseconds since 1970; listener or part |
| \`msg\` | \`request\`, \`signed in\`, \`refused\`, \`failed\`, or the text of another line |
| \`id\` | id of the request: \`X-Message-Id\` of the response, reference of an error page; \`alongside explain ID\` takes it |
| \`traceId\` | trace of the request, where traces are sent; else that of the caller, from \`traceparent\` |
| \`journey\` | links the requests of one sign-in and the later calls with its tokens; \`GET /api/v1/events\` has the same |
| \`method\` \`route\` \`status\` \`ms\` | template of the route, \`other\` for an unknown path; milliseconds until the response was sent |
| \`application\` \`client\` \`user\` | ids: registered application, its client id, uid of the care worker or administrator; omitted for citizens, because their uid is their NHS number |
| \`api\` | name of the API behind the gateway |
| \`outcome\` | \`ok\`, \`refused\` or \`failed\` |
| \`error\` \`detail\` | catalogue id and private reason of a refusal |
| \`acts\` | actions of the audit log |
| \`address\` | network address of the caller |
| \`stack\` | of an unexpected error |

A line never contains a query, body, path parameter, token, PIN, name or patient number; a test runs the journeys at \`debug\` and searches the whole log. Control and direction characters are escaped. Lines are buffered for 20 ms at most and written asynchronously; when the process ends, also by an unexpected error, it writes the rest. If the reader of the log stops reading, lines beyond 16 MiB are lost, but requests continue.

The log is not the audit log ([audit.md](audit.md)), which is sealed and which unauthenticated callers cannot fill.

## Traces
\`--otlp-endpoint http://127.0.0.1:4318\`, or the variable \`OTEL_EXPORTER_OTLP_ENDPOINT\`, sends traces to an OpenTelemetry collector by OTLP over HTTP (\`http/protobuf\`). Without it there are none, and the SDK is not loaded.

| span | name and attributes |
|---|---|
| of a request (server) | \`METHOD route\`; \`http.request.method\`, \`http.route\`, \`http.response.status_code\`, \`error.type\` of a failure, \`alongside.service\`, \`alongside.request.id\` (for \`alongside explain\`), \`alongside.journey.id\`, \`alongside.application.id\`, \`alongside.api\`, \`alongside.error\` (id of [errors.md](errors.md)) |
| of a call to another server (client) | \`METHOD\`; \`http.request.method\`, \`server.address\`, \`server.port\`, \`http.response.status_code\`, \`error.type\`, \`alongside.purpose\` |

A span never contains an address, query, header, token, user or patient; a test searches all that a collector receives for marked values.

**One journey, several traces.** A browser sends no \`traceparent\` when it navigates, so each hop of a sign-in is a trace. Search for \`alongside.journey.id\`: the log, the console and the audit log have the same id. The span that redeems an authorization code is linked to the one that issued it, and the exchange of an agent to the request that sent the browser there. Calls between services are children, within a process and between processes.

**Callers.** Alongside continues the \`traceparent\` of callers on this machine and of trusted proxies (\`--trusted-proxies\`); let the proxy remove or replace that of strangers. For other callers it begins a trace that is linked to theirs. Each call to another server has a \`traceparent\`, also those to APIs behind the gateway. An agent on a workstation sends one with the id of its request, the reference of its page, as the trace; the lines of CIS and CIS2 have it as \`traceId\`. With \`identity-agent run --otlp-endpoint URL\` it sends its own spans too, as JSON and without the SDK ([ADR 74](adr/0074-the-agent-sends-its-spans-without-an-sdk.md)). An application with the client library passes \`fetch: traced(() => traceparent)\` in its settings.

**Settings.** The standard variables apply: \`OTEL_EXPORTER_OTLP_HEADERS\`, \`_TIMEOUT\`, \`_COMPRESSION\`, \`_CERTIFICATE\`, \`OTEL_TRACES_SAMPLER\` (\`parentbased_always_on\` by default) and \`OTEL_TRACES_SAMPLER_ARG\`, \`OTEL_BSP_*\`, \`OTEL_RESOURCE_ATTRIBUTES\`, \`OTEL_SERVICE_NAME\`, \`OTEL_SDK_DISABLED\`. By default the service of a span is \`alongside-\` and its listener, such as \`alongside-cis2\`.

Under load, sample: \`OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=0.05\`. A collector that is away costs no request anything: the log has \`traces could not be sent\` once, spans beyond 2,048 are lost, and a stopping process waits two seconds. [ADR 62](adr/0062-a-trace-follows-the-activity-of-a-request.md) has the reasons.

## Dashboard
Import \`deploy/observability/alongside-dashboard.json\` into Grafana. It shows traffic, failures and latency; sign-ins by authenticator and the share without a prompt; tokens; refusals by error; decisions of the gateway; database, queues and other servers; keys and certificates that expire.

## Alerts
\`deploy/observability/alongside.rules.yml\`, tested by \`promtool test rules alongside.rules.test.yml\`. [Runbooks](runbooks.md) has a section for each: symptom, meaning, first look, fix, and whom to call. The annotation \`runbook_url\` names it, relative to the documentation site; the console shows the same at \`/runbooks\`.

## Cost
Metrics and a line for each request cost 7 to 9 µs of processor time, 7 to 9 % of a call at the gateway, measured in turns with both switched off. A trace of each request costs 5 to 7 µs more, with one of ten requests sampled 1 µs. Traces that are off cost nothing that can be measured.
`;

/** `docs/observability.md`. */
export const observabilityPage = (): string => [before, ...seriesRows(), rest].join('\n');
