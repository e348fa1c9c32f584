/** Responsible for the contact sheet of a draft of the list, for one photo. Drafts are rendered one after the other. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect } from "preact/hooks"

import type { SizeInput } from "../../../sizes/size-input.ts"
import { type ApiProblem, type Picture, requestPicture, toProblem } from "../lib/api-client.ts"
import { catalogue } from "../lib/catalogue.ts"
import { formatBytes, formatDimensions, formatMs } from "../lib/format-text.ts"

const nameOf = (size: SizeInput): string => (typeof size === "string" ? size : (size.name ?? size.size))

type Drafted = { readonly size: SizeInput } & { readonly picture?: Picture; readonly problem?: ApiProblem }

const draftAll = async (
  key: string,
  sizes: readonly SizeInput[],
  signal: AbortSignal,
  onDraft: (draft: Drafted) => void,
): Promise<void> => {
  for (const size of sizes) {
    if (signal.aborted) return
    try {
      onDraft({ size, picture: await requestPicture("POST draft", { key, size }, { signal }) })
    } catch (error) {
      onDraft({ size, problem: toProblem(error) })
    }
  }
}

const Drafted = ({ draft: { size, picture, problem } }: { readonly draft: Drafted }): JSX.Element => (
  <li class="cell">
    <span class={picture ? "thumb" : "thumb blank"}>
      {picture && (
        <img
          src={picture.url}
          alt={`Draft of the size ${nameOf(size)}`}
          width={picture.width}
          height={picture.height}
        />
      )}
      {problem && <span class="blank-text">{problem.detail}</span>}
    </span>
    <strong>{nameOf(size)}</strong>
    <p class="numbers">
      <span>{picture && formatDimensions(picture.width, picture.height)}</span>
      <span>{picture && formatBytes(picture.byteLength)}</span>
      <span>{picture && formatMs(picture.renderMs)}</span>
    </p>
  </li>
)

/** The example photo of the catalogue, or any other one by its key. */
export const DraftSheet = ({ sizes }: { readonly sizes: readonly SizeInput[] }): JSX.Element => {
  const key = useSignal(catalogue.value?.exampleOriginal ?? "")
  const drafts = useSignal<readonly Drafted[]>([])
  const photo = key.value
  useEffect(() => {
    const abort = new AbortController()
    drafts.value = []
    if (photo) void draftAll(photo, sizes, abort.signal, (draft) => (drafts.value = [...drafts.peek(), draft]))
    return () => {
      abort.abort()
      for (const { picture } of drafts.peek()) if (picture) URL.revokeObjectURL(picture.url)
    }
  }, [photo, sizes])
  return (
    <section class="panel" aria-label="Contact sheet of the draft">
      <div class="row between">
        <h2>Contact sheet</h2>
        <div class="field">
          <label for="draft-photo">Photo</label>
          <input
            id="draft-photo"
            type="text"
            spellcheck={false}
            value={photo}
            onChange={(event) => (key.value = event.currentTarget.value)}
          />
        </div>
      </div>
      <ul class="cells">
        {sizes.map((size, at) => (
          <Drafted key={JSON.stringify(size)} draft={drafts.value[at] ?? { size }} />
        ))}
      </ul>
    </section>
  )
}
