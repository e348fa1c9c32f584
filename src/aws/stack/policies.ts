/**
 * Who may do what, derived from the list: every key that a rendition can have lies below the segment of a size, so a policy can name all
 * of them and nothing else. No action is a wildcard, and nobody may list. PURE.
 */
import type { Grammar } from "../../sizes/key.ts"
import { INFO } from "../../sizes/list.ts"

/** A statement of an IAM policy, or with a principal of a bucket's. */
export interface Statement {
  readonly Sid: string
  readonly Effect: "Allow"
  readonly Principal?: "*"
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
}

/** Of a grammar, what decides where renditions lie. */
export type Listed = Pick<Grammar, "sizes" | "retired">

const namesOf = ({ sizes }: Listed): readonly string[] => [...sizes.map(({ name }) => name), INFO]

/**
 * Where renditions of some sizes lie, at the root and in any directory. A `*` stands for slashes too (IAM User Guide, "IAM JSON policy
 * elements: Resource"), so nothing shorter would keep other keys out.
 */
const below = (place: string, names: readonly string[]): readonly string[] =>
  names.flatMap((name) => [`${place}${name}/*`, `${place}*/${name}/*`])

/**
 * What the function that renders may do.
 * @param originals ARN of the place of originals with a slash at its end: `arn:aws:s3:::shop-photos/`
 * @param renditions the same of renditions; may be the same
 */
export const rendererStatements = (originals: string, renditions: string, listed: Listed): readonly Statement[] => [
  { Sid: "ReadOriginals", Effect: "Allow", Action: ["s3:GetObject"], Resource: [`${originals}*`] },
  {
    Sid: "ReadAndWriteListedSizesOnly",
    Effect: "Allow",
    Action: ["s3:GetObject", "s3:PutObject"],
    Resource: below(renditions, namesOf(listed)),
  },
]

/**
 * What the function that deletes may do: of retired sizes, too.
 * @param distribution ARN of the one whose copies it makes forgotten, if there is any
 */
export const syncStatements = (renditions: string, listed: Listed, distribution?: string): readonly Statement[] => [
  ...(distribution === undefined
    ? []
    : [
        {
          Sid: "Invalidate",
          Effect: "Allow",
          Action: ["cloudfront:CreateInvalidation"],
          Resource: [distribution],
        } as const,
      ]),
  {
    Sid: "DeleteRenditionsOnly",
    Effect: "Allow",
    Action: ["s3:DeleteObject"],
    Resource: below(renditions, [...namesOf(listed), ...listed.retired.sizes]),
  },
]

/** What everybody may do where a website endpoint serves renditions: read them, and no original. */
export const publicStatements = (renditions: string, listed: Listed): readonly Statement[] => [
  {
    Sid: "EverybodyReadsRenditions",
    Effect: "Allow",
    Principal: "*",
    Action: ["s3:GetObject"],
    Resource: below(renditions, namesOf(listed)),
  },
]
