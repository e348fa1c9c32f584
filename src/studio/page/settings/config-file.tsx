/** Responsible for the effective settings as a configuration file. */
import type { JSX } from "preact"

import { CopyButton } from "../parts/copy-button.tsx"

/** The text with a button that copies it. */
export const ConfigFile = ({ text }: { readonly text: string }): JSX.Element => (
  <section class="panel config-file" aria-label="Configuration file">
    <div class="row between">
      <h2>As a file</h2>
      <CopyButton text={text} name="the configuration file" label="Copy" />
    </div>
    <pre tabIndex={0} role="region" aria-label="Text of the configuration file">
      <code>{text}</code>
    </pre>
  </section>
)
