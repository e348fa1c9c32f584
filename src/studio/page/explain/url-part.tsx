/** Responsible for how a URL was read. */
import type { JSX } from "preact"

import type { Explanation } from "../../api.ts"
import { Badge } from "../parts/badge.tsx"
import { Facts } from "../parts/facts.tsx"
import { Name } from "../parts/name.tsx"
import { Part } from "./part.tsx"

type Url = NonNullable<Explanation["url"]>

interface UrlPartProps {
  readonly url: Url
  readonly refusal: Explanation["refusal"]
}

const existence = (exists: boolean | undefined): string =>
  exists === undefined ? "Not looked up" : exists ? "Exists" : "Missing"

const Readings = ({ readings }: Pick<Url, "readings">): JSX.Element => (
  <div class="scroll" tabIndex={0} role="region" aria-label="Readings">
    <table>
      <thead>
        <tr>
          <th scope="col">Original</th>
          <th scope="col">Size</th>
          <th scope="col">Format</th>
          <th scope="col">In the store</th>
        </tr>
      </thead>
      <tbody>
        {readings.map((reading) => (
          <tr key={reading.key} class={reading.isChosen ? "current" : ""}>
            <th scope="row">
              <Name text={reading.original} /> {reading.isChosen && <Badge tone="info" text="Chosen" />}
            </th>
            <td>{reading.size}</td>
            <td>{reading.format ?? "By the original"}</td>
            <td>{existence(reading.exists)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

/** The size, the negotiated format and all readings. */
export const UrlPart = ({ url, refusal }: UrlPartProps): JSX.Element => (
  <Part
    title="URL"
    summary={
      url.requestedSize !== undefined && (
        <Badge tone={url.isListed ? "good" : "warn"} text={url.isListed ? "Listed size" : "Unlisted size"} />
      )
    }
  >
    {refusal && (
      <p class="problem">
        <strong>
          <Name text={refusal.detail} />
        </strong>{" "}
        <code>{refusal.code}</code>
      </p>
    )}
    <Facts
      facts={[
        ["Target", <Name key="target" text={url.target} />],
        ["Size in the URL", url.requestedSize !== undefined && <Name text={url.requestedSize} />],
        ["Nearest listed size", url.nearestSize],
        ["Accept", url.accept !== undefined && <Name text={url.accept} />],
        [
          "Format",
          url.isNegotiated ? `${url.negotiatedFormat ?? "the original's own"}, negotiated by Accept` : undefined,
        ],
        ["Content location", url.contentLocation !== undefined && <Name text={url.contentLocation} />],
      ]}
    />
    {url.readings.length > 0 && <Readings readings={url.readings} />}
  </Part>
)
