/** Responsible for the rows of metrics, traces and the format of the log in the table of settings. */
import type { SettingGroup } from "./setting.ts"

/** Settings of metrics, traces and the log. */
export const MONITORING_SETTINGS: SettingGroup = {
  heading: "Monitoring",
  settings: [
    {
      path: ["metrics"],
      kind: "boolean",
      description: "Answer `GET /metrics` for Prometheus. Needs `npm install prom-client`. See docs/monitoring.md.",
      default: "`false`",
    },
    {
      path: ["metricsPort"],
      kind: "number",
      hint: "port",
      description:
        "Answer `/metrics` on this port instead of the server's, so that the public cannot read it; 0 picks a free one.",
      default: "the server's port",
    },
    {
      path: ["tracing"],
      kind: "boolean",
      description:
        "Trace requests with OpenTelemetry. Needs `npm install @opentelemetry/api` and an SDK, loaded with `node --import`.",
      default: "`false`",
    },
    {
      path: ["logFormat"],
      kind: "text",
      hint: "pretty|json",
      description: "Write readable log lines, or JSON.",
      default: "`pretty` on a terminal, else `json`",
    },
    {
      path: ["logHits"],
      kind: "number",
      hint: "share",
      description:
        "Share of hits that are logged, 0 to 1: `0.01` for one in a hundred. Everything else is always logged.",
      default: "1",
    },
    {
      path: ["logQueries"],
      kind: "boolean",
      description: "Log the query strings of requests. They can contain personal data.",
      default: "`false`",
    },
  ],
}
