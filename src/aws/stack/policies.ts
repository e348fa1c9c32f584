/**
 * Responsible for the permissions of each role, derived from the list: every rendition is below the segment of a size, so a policy can
 * name all renditions and nothing else. Pure.
 *
 * Invariants:
 * - No action is a wildcard, and no role may list a bucket.
 */
import type { Grammar } from "../../sizes/key.ts"
import { INFO } from "../../sizes/list.ts"

/** A statement of an IAM policy, or with a principal of a bucket policy. */
export interface Statement {
  readonly Sid: string
  readonly Effect: "Allow"
  readonly Principal?: "*"
  readonly Action: readonly string[]
  readonly Resource: readonly (string | object)[]
}

/** The part of a grammar that decides where renditions lie. */
export type Listed = Pick<Grammar, "sizes" | "retired">

const namesOf = ({ sizes }: Listed): readonly string[] => [...sizes.map(({ name }) => name), INFO]

/** Former names of sizes, whose renditions may still be stored. */
const aliasesOf = ({ sizes }: Listed): readonly string[] => sizes.flatMap(({ aliases = [] }) => aliases)

/**
 * The ARNs of renditions of some sizes, at the root and in any folder. A `*` also matches slashes (IAM User Guide, "IAM JSON policy
 * elements: Resource"), so no shorter list excludes other keys.
 */
const below = (location: string, names: readonly string[], file = "*"): readonly string[] =>
  names.flatMap((name) => [`${location}${name}/${file}`, `${location}*/${name}/${file}`])

/**
 * Permissions of the function that renders.
 * @param originals ARN of the location of originals with a trailing slash: `arn:aws:s3:::shop-photos/`
 * @param renditions that of renditions; may be the same
 * @param kmsKeyArn ARN of the key that encrypts the originals
 * @param focalPoints value of that setting
 */
export const rendererStatements = (
  originals: string,
  renditions: string,
  listed: Listed,
  kmsKeyArn?: string | object,
  focalPoints?: string,
): readonly Statement[] => [
  { Sid: "ReadOriginals", Effect: "Allow", Action: ["s3:GetObject"], Resource: [`${originals}*`] },
  {
    Sid: "ReadAndWriteListedSizesOnly",
    Effect: "Allow",
    Action: ["s3:GetObject", "s3:PutObject"],
    Resource: below(renditions, namesOf(listed)),
  },
  ...(kmsKeyArn === undefined
    ? []
    : [{ Sid: "DecryptOriginals", Effect: "Allow", Action: ["kms:Decrypt"], Resource: [kmsKeyArn] } as const]),
  ...focalStatements(focalPoints, originals),
]

/**
 * Permission to read the object with focal points.
 * @param url value of the setting `focalPoints`
 * @param originals ARN of the location of originals
 */
const focalStatements = (url: string | undefined, originals: string): readonly Statement[] => {
  const object = url?.startsWith("s3://") === true ? url.slice("s3://".length) : undefined
  if (object === undefined) return []
  const service = originals.slice(0, originals.indexOf(":::") + ":::".length)
  return [{ Sid: "ReadFocalPoints", Effect: "Allow", Action: ["s3:GetObject"], Resource: [`${service}${object}`] }]
}

/**
 * Permissions of the function that deletes, including renditions of retired sizes and of aliases. It reads renditions to know whether a photo had any, and writes
 * markers of invalidations that are not made yet.
 * @param distribution ARN of the distribution whose copies it invalidates
 */
export const syncStatements = (renditions: string, listed: Listed, distribution?: string): readonly Statement[] => [
  {
    Sid: "DeleteRenditionsOnly",
    Effect: "Allow",
    Action: ["s3:GetObject", "s3:DeleteObject"],
    Resource: below(renditions, [...namesOf(listed), ...aliasesOf(listed), ...listed.retired.sizes]),
  },
  {
    Sid: "MarkInvalidations",
    Effect: "Allow",
    Action: ["s3:PutObject"],
    Resource: below(renditions, [INFO], "*.purge"),
  },
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
]

/** Public permissions if a website endpoint serves renditions: reading them, and no original. */
export const publicStatements = (renditions: string, listed: Listed): readonly Statement[] => [
  {
    Sid: "EverybodyReadsRenditions",
    Effect: "Allow",
    Principal: "*",
    Action: ["s3:GetObject"],
    Resource: below(renditions, namesOf(listed)),
  },
]
