/** Responsible for the list of effective settings. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"

import type { EffectiveSetting } from "../../api.ts"
import { request } from "../lib/api-client.ts"
import { useLoad } from "../lib/use-load.ts"
import { Name } from "../parts/name.tsx"
import { Problem } from "../parts/problem.tsx"
import { ConfigFile } from "./config-file.tsx"
import { SettingGroup } from "./setting-group.tsx"

const matches = ({ name, description, option }: EffectiveSetting, words: string): boolean =>
  words === "" || `${name} ${description} ${option}`.toLowerCase().includes(words.toLowerCase())

/** A filter, the groups, and the configuration file beside them. */
export const SettingsList = (): JSX.Element => {
  const { state, reload } = useLoad("settings", (signal) => request("GET settings", undefined, { signal }))
  const words = useSignal("")
  const onlyChanged = useSignal(false)
  const { value, problem } = state.value
  const shown = (value?.settings ?? []).filter(
    (setting) => matches(setting, words.value) && !(onlyChanged.value && setting.origin === "default"),
  )
  const groups = [...new Set(shown.map(({ group }) => group))]
  return (
    <>
      {problem && <Problem problem={problem} onRetry={reload} />}
      <div class="row controls">
        <div class="field">
          <label for="words">Find</label>
          <input
            id="words"
            type="search"
            autocomplete="off"
            value={words.value}
            onInput={(event) => (words.value = event.currentTarget.value)}
          />
        </div>
        <label class="check">
          <input
            type="checkbox"
            checked={onlyChanged.value}
            onChange={(event) => (onlyChanged.value = event.currentTarget.checked)}
          />
          Changed only
        </label>
        <p class="muted" role="status">
          {value && `${shown.length} of ${value.settings.length} settings`}
          {value?.file && (
            <>
              {" "}
              · <Name text={value.file} />
            </>
          )}
        </p>
      </div>
      <div class="settings">
        <div class="shrink">
          {groups.map((group) => (
            <SettingGroup key={group} title={group} settings={shown.filter((setting) => setting.group === group)} />
          ))}
          {value && shown.length === 0 && <p class="muted">No setting matches.</p>}
        </div>
        {value && <ConfigFile text={value.configFile} />}
      </div>
    </>
  )
}
