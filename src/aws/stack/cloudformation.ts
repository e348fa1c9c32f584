/** Responsible for CloudFormation's format as plain values: the parts of a template, and the functions that this one uses. Pure. */
import type { Statement } from "./policies.ts"

/** A resource. */
export interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DependsOn?: string
  readonly DeletionPolicy?: "RetainExceptOnCreate"
  readonly UpdateReplacePolicy?: "Retain"
}

/** Resources by logical ID. */
export type Resources = Readonly<Record<string, Resource>>

/** A parameter. */
export interface Parameter {
  readonly Type: "String" | "Number"
  readonly Description: string
  readonly Default?: string | number
  readonly MinValue?: number
  readonly MaxValue?: number
}

/** A template. */
export interface Template {
  readonly AWSTemplateFormatVersion: "2010-09-09"
  readonly Description: string
  readonly Parameters: Readonly<Record<string, Parameter>>
  readonly Conditions: Readonly<Record<string, object>>
  readonly Resources: Resources
  readonly Outputs: Readonly<Record<string, { readonly Description: string; readonly Value: unknown }>>
}

/** The identifier of a resource, or the value of a parameter. */
export const ref = (id: string): object => ({ Ref: id })

/** An attribute of a resource. @param name @default "Arn" */
export const attribute = (id: string, name = "Arn"): object => ({ "Fn::GetAtt": [id, name] })

/** A text whose `${…}` are replaced. */
export const sub = (text: string): object => ({ "Fn::Sub": text })

/** A text in which nothing is replaced, for the resource of a statement. */
export const literal = (text: string): object => ({ "Fn::Join": ["", [text]] })

/** Logical IDs of the template's parameters. */
export const PARAMETER = {
  originals: "OriginalsBucket",
  renditions: "RenditionsBucket",
  codeBucket: "CodeBucket",
  codeKey: "CodeKey",
  memory: "Memory",
  concurrency: "Concurrency",
} as const

/** True if executions of the renderer are reserved. */
export const HAS_CONCURRENCY = "HasConcurrency"

/** The ARN of the distribution, for {@link sub}. */
export const DISTRIBUTION_ARN: string =
  "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"

/**
 * A role for a service.
 * @param statements texts in their resources are for {@link sub}
 * @param condition under which the role may be assumed
 */
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
          Statement: statements.map((statement) => ({
            ...statement,
            Resource: statement.Resource.map((text) => (typeof text === "string" ? sub(text) : text)),
          })),
        },
      },
    ],
  },
})
