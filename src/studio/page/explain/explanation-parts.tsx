/** Responsible for an explanation, in the order in which a request meets its parts. */
import type { JSX } from "preact"

import type { Explanation } from "../../api.ts"
import { formatBytes } from "../lib/format-text.ts"
import { Badge, StateBadge } from "../parts/badge.tsx"
import { Facts } from "../parts/facts.tsx"
import { Name } from "../parts/name.tsx"
import { Limits } from "./limits.tsx"
import { OriginalPart } from "./original-part.tsx"
import { Part } from "./part.tsx"
import { RenditionStates } from "./rendition-states.tsx"
import { StoredPart } from "./stored-part.tsx"
import { UrlPart } from "./url-part.tsx"

interface PartsProps {
  readonly explanation: Explanation
}

const toneOf = (status: number): "good" | "warn" | "bad" => (status < 400 ? "good" : status < 500 ? "warn" : "bad")

const Summary = ({ explanation: { summary, response, refusal } }: PartsProps): JSX.Element => {
  const status = response?.status ?? refusal?.status
  return (
    <div class="verdict" role="status">
      <div class="row">
        {status !== undefined && <Badge tone={toneOf(status)} text={String(status)} />}
        {response && <StateBadge state={response.outcome} />}
      </div>
      <p>
        <Name text={summary} />
      </p>
      {refusal?.hint && !summary.includes(refusal.hint) && (
        <p class="muted">
          <Name text={refusal.hint} />
        </p>
      )}
    </div>
  )
}

const Recipe = ({ explanation: { recipe } }: PartsProps): JSX.Element | undefined =>
  recipe && (
    <Part title="Recipe" summary={recipe.id && <code>{recipe.id}</code>}>
      <Facts facts={recipe.fields.map(({ name, value }) => [name, <code key={name}>{value}</code>])} />
    </Part>
  )

const Response = ({ explanation: { response } }: PartsProps): JSX.Element | undefined =>
  response && (
    <Part title="Response" summary={<StateBadge state={response.outcome} />}>
      <p>{response.reason}</p>
      {response.estimateBytes !== undefined && (
        <p class="muted">Expected peak memory of the render: {formatBytes(response.estimateBytes)}</p>
      )}
      <pre class="headers" tabIndex={0} role="region" aria-label="Headers of the response">
        {[
          `HTTP ${response.status}`,
          ...Object.entries(response.headers).map(([name, value]) => `${name}: ${value}`),
        ].join("\n")}
      </pre>
    </Part>
  )

/** All parts that this explanation has. */
export const ExplanationParts = ({ explanation }: PartsProps): JSX.Element => (
  <div class="explanation">
    <Summary explanation={explanation} />
    {explanation.url && <UrlPart url={explanation.url} refusal={explanation.refusal} />}
    {explanation.original && <OriginalPart original={explanation.original} />}
    <Recipe explanation={explanation} />
    <StoredPart stored={explanation.stored} freshness={explanation.freshness} />
    <Response explanation={explanation} />
    {explanation.limits.length > 0 && <Limits limits={explanation.limits} />}
    {explanation.renditions && <RenditionStates renditions={explanation.renditions} />}
  </div>
)
