/** Responsible for the view of settings. */
import type { JSX } from "preact"

import { formatRoute } from "../lib/routes.ts"
import { Tabs } from "../parts/tabs.tsx"
import { DraftListView } from "./draft-list-view.tsx"
import { SettingsList } from "./settings-list.tsx"

const TITLES = { values: "Effective settings", list: "Draft list" } as const

/** Effective settings, or a draft of another list of sizes. */
export const SettingsView = ({ tab }: { readonly tab: keyof typeof TITLES }): JSX.Element => {
  const tabs = (["values", "list"] as const).map((id) => ({
    id,
    title: TITLES[id],
    href: formatRoute({ view: "settings", tab: id }),
  }))
  return (
    <div class="view">
      <div class="toolbar">
        <h1>Settings</h1>
      </div>
      <Tabs label="Parts of the settings" tabs={tabs} current={tab} />
      {tab === "values" ? <SettingsList /> : <DraftListView />}
    </div>
  )
}
