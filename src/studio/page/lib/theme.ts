/** Responsible for the colours: those of the system, or light or dark by choice, which the browser remembers. */
import { effect, signal, type Signal } from "@preact/signals"

/** Choices of colours. */
export const THEMES = ["system", "light", "dark"] as const
/** See {@link THEMES}. */
export type Theme = (typeof THEMES)[number]

const STORED = "imgtailor-studio-theme"

const read = (): Theme => THEMES.find((theme) => theme === localStorage.getItem(STORED)) ?? "system"

/** The chosen theme. */
export const theme: Signal<Theme> = signal(read())

const systemIsDark = matchMedia("(prefers-color-scheme: dark)")

/** Changes whenever the colours change, for drawings that read them. */
export const colours: Signal<string> = signal("")

const apply = (): void => {
  document.documentElement.dataset["theme"] = theme.value
  colours.value = `${theme.value} ${systemIsDark.matches}`
}

effect(() => {
  localStorage.setItem(STORED, theme.value)
  apply()
})
systemIsDark.addEventListener("change", apply)
