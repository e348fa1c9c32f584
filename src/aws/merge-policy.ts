/**
 * Responsible for merging statements with an existing bucket policy, which S3 only replaces as a whole. Pure.
 *
 * Invariants:
 * - Statements with other IDs stay unchanged, in their order.
 */

/** A statement of a policy. */
export interface PolicyStatement {
  readonly Sid?: string
}

interface Policy {
  readonly Version?: string
  readonly Statement?: PolicyStatement | readonly PolicyStatement[]
  readonly [name: string]: unknown
}

const parse = (policy: string | undefined): Policy => (policy === undefined ? {} : (JSON.parse(policy) as Policy))

const othersIn = ({ Statement = [] }: Policy, statements: readonly PolicyStatement[]): readonly PolicyStatement[] => {
  const ids = new Set(statements.map(({ Sid }) => Sid))
  return [Statement].flat().filter(({ Sid }: PolicyStatement) => Sid === undefined || !ids.has(Sid))
}

/**
 * A policy with statements, which replace those with the same `Sid`.
 * @param policy JSON; undefined if there is none
 */
export const mergeStatements = (policy: string | undefined, statements: readonly PolicyStatement[]): string => {
  const existing = parse(policy)
  const { Version = "2012-10-17", Statement: _, ...others } = existing
  return JSON.stringify(
    { Version, ...others, Statement: [...othersIn(existing, statements), ...statements] },
    undefined,
    2,
  )
}

/** A policy without statements, by their `Sid`; undefined if nothing is left. */
export const removeStatements = (
  policy: string | undefined,
  statements: readonly PolicyStatement[],
): string | undefined => {
  const existing = parse(policy)
  const Statement = othersIn(existing, statements)
  return Statement.length === 0 ? undefined : JSON.stringify({ ...existing, Statement }, undefined, 2)
}
