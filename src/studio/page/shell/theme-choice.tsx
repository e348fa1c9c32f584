/** Responsible for the choice of colours. */
import type { JSX } from "preact"

import { theme, THEMES } from "../lib/theme.ts"

const TITLES = { system: "Auto", light: "Light", dark: "Dark" } as const

/** Three radio buttons as one control. */
export const ThemeChoice = (): JSX.Element => (
  <fieldset class="segments theme">
    <legend class="hidden">Colours</legend>
    {THEMES.map((one) => (
      <label key={one}>
        <input type="radio" name="theme" checked={theme.value === one} onChange={() => (theme.value = one)} />
        <span>{TITLES[one]}</span>
      </label>
    ))}
  </fieldset>
)
