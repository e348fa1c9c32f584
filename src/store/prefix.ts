/** Responsible for the prefix of keys in a bucket or container. */

/** The prefix with a slash at its end, or empty; undefined if it has an empty or dot segment. */
export const normalisePrefix = (prefix: string): string | undefined => {
  const trimmed = prefix.replace(/\/$/, "")
  if (trimmed === "") return ""
  return trimmed.split("/").some((segment) => ["", ".", ".."].includes(segment)) ? undefined : `${trimmed}/`
}
