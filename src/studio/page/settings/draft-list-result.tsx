/** Responsible for the result of a draft of the list. */
import type { JSX } from "preact"

import type { DraftList } from "../../api.ts"
import { formatBytes, formatCount } from "../lib/format-text.ts"
import { Facts } from "../parts/facts.tsx"

const bytesText = ({ bytes }: DraftList): string | undefined =>
  bytes && `${formatBytes(bytes.value)}, with 95 % confidence ${formatBytes(bytes.low)} to ${formatBytes(bytes.high)}`

const photosText = ({ photos }: DraftList): string | undefined =>
  photos && `${photos.isExact ? "" : "at least "}${formatCount(photos.count)}`

const sampledText = ({ sampled }: DraftList): string | undefined =>
  sampled &&
  `${formatCount(sampled.renditions)} renditions of ${formatCount(sampled.photos)} ${sampled.photos === 1 ? "photo" : "photos"}`

const Means = ({ bySize }: { readonly bySize: NonNullable<DraftList["bySize"]> }): JSX.Element => (
  <div class="scroll" tabIndex={0} role="region" aria-label="Mean bytes by size">
    <table>
      <thead>
        <tr>
          <th scope="col">Size</th>
          <th scope="col">Format</th>
          <th scope="col">Mean bytes</th>
        </tr>
      </thead>
      <tbody>
        {bySize.map(({ size, format, meanBytes }) => (
          <tr key={`${size} ${format}`}>
            <th scope="row">{size}</th>
            <td>{format.toUpperCase()}</td>
            <td>{formatBytes(meanBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

/** Problems of the list, or its numbers for the whole catalogue. */
export const DraftListResult = ({ list }: { readonly list: DraftList }): JSX.Element => (
  <section class="panel" aria-label="Estimate" role="status">
    <h2>{list.problems.length > 0 ? "This list is not valid" : "For the whole catalogue"}</h2>
    {list.problems.length > 0 && (
      <ul>
        {list.problems.map(({ message }) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
    )}
    <Facts
      facts={[
        ["Photos", photosText(list)],
        ["Renditions of each photo", list.renditionsPerPhoto !== undefined && formatCount(list.renditionsPerPhoto)],
        ["Renditions", list.renditions !== undefined && formatCount(list.renditions)],
        ["Bytes", bytesText(list)],
        ["Sampled", sampledText(list)],
      ]}
    />
    {list.bySize && list.bySize.length > 0 && <Means bySize={list.bySize} />}
  </section>
)
