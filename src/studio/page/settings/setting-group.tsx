/** Responsible for one group of settings. */
import type { JSX } from "preact"

import type { EffectiveSetting } from "../../api.ts"
import { Badge, type Tone } from "../parts/badge.tsx"
import { Name } from "../parts/name.tsx"
import { Prose } from "../parts/prose.tsx"

interface SettingGroupProps {
  readonly title: string
  readonly settings: readonly EffectiveSetting[]
}

const TONES: Readonly<Record<EffectiveSetting["origin"], Tone>> = {
  option: "info",
  variable: "info",
  file: "info",
  demo: "info",
  default: "plain",
}

const Row = ({ setting }: { readonly setting: EffectiveSetting }): JSX.Element => (
  <li class="setting">
    <div class="shrink">
      <div class="row baseline">
        <h3>
          <code>{setting.name}</code>
        </h3>
        <Badge tone={TONES[setting.origin]} text={setting.origin} />
      </div>
      <p class="value">{setting.value === "" ? <span class="muted">Not set</span> : <Name text={setting.value} />}</p>
    </div>
    <div class="muted shrink">
      <p>
        <Prose text={setting.description} />
        {setting.default !== "" && (
          <>
            {" "}
            Default: <Prose text={setting.default} />
          </>
        )}
      </p>
      <p class="small row">
        <code>{setting.option}</code> <code>{setting.variable}</code>
      </p>
    </div>
  </li>
)

/** A panel with a row for each setting. */
export const SettingGroup = ({ title, settings }: SettingGroupProps): JSX.Element => (
  <section class="panel" aria-label={title}>
    <h2>{title}</h2>
    <ul class="setting-list">
      {settings.map((setting) => (
        <Row key={setting.name} setting={setting} />
      ))}
    </ul>
  </section>
)
