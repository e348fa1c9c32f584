/** The source of the function that CloudFront runs at its edge, with the list written into it. */
import type { TailorConfig } from "../../config/options.ts"

/** @throws {bad-config} where the list makes it longer than CloudFront takes */
export const edgeSource = async ({
  grammar,
  basePath,
}: Pick<TailorConfig, "grammar" | "basePath">): Promise<string> => {
  const { sizes, formats } = grammar
  const list = { basePath, sizes: sizes.map(({ name }) => name), formats }
  return `var list = ${JSON.stringify(list)}\nfunction handler(event) { return event.request }\n`
}
