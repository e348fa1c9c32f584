/** CloudFormation's template as plain values, and its functions as far as they are used here. PURE. */
import type { Statement } from "./policies.ts"

/** One resource. */
export interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DependsOn?: string
  readonly DeletionPolicy?: "Retain"
  readonly UpdateReplacePolicy?: "Retain"
}

/** By logical id. */
export type Resources = Readonly<Record<string, Resource>>

/** A whole template. */
export interface Template {
  readonly AWSTemplateFormatVersion: "2010-09-09"
  readonly Description: string
  readonly Parameters: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly Resources: Resources
  readonly Outputs: Readonly<Record<string, { readonly Description: string; readonly Value: unknown }>>
}

/** What a resource is known by, or a parameter's value. */
export const ref = (id: string): object => ({ Ref: id })

/** An attribute of a resource, mostly its ARN. */
export const attribute = (id: string, name = "Arn"): object => ({ "Fn::GetAtt": [id, name] })

/** A text with `${…}` filled in. */
export const sub = (text: string): object => ({ "Fn::Sub": text })

/** The originals' bucket: a parameter, since it is not the stack's own. */
export const ORIGINALS_BUCKET = "OriginalsBucket"

/** Where the functions' zip is: parameters. */
export const CODE_PARAMETERS = { bucket: "CodeBucket", key: "CodeKey" } as const

/** ARN of the distribution, for `sub`. */
export const DISTRIBUTION_ARN: string =
  "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"

/** A role that a service of Amazon's assumes. @param statements with texts for `sub` as resources */
export const roleFor = (service: string, statements: readonly Statement[], condition?: object): Resource => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: service },
          Action: "sts:AssumeRole",
          ...(condition && { Condition: condition }),
        },
      ],
    },
    Policies: [
      {
        PolicyName: "work",
        PolicyDocument: {
          Version: "2012-10-17",
          Statement: statements.map((statement) => ({ ...statement, Resource: statement.Resource.map(sub) })),
        },
      },
    ],
  },
})
