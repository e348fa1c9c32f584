/**
 * Responsible for the changes of buckets that are not resources of the stack, which CloudFormation cannot make: a function makes them when
 * the stack is deployed (../setup.ts). Pure.
 */
import { attribute, type Resource, type Resources, roleFor } from "./cloudformation.ts"
import { lambda, log, logStatement } from "./lambda.ts"
import type { Statement } from "./policies.ts"

/** A task of the function, as a resource. @param properties are part of its event */
export const customResource = (properties: Readonly<Record<string, unknown>>): Resource => ({
  Type: "AWS::CloudFormation::CustomResource",
  Properties: { ServiceToken: attribute("Setup"), ServiceTimeout: 60, ...properties },
})

/** The function, with permissions for its tasks. */
export const setup = (statements: readonly Statement[]): Resources => ({
  SetupLog: log,
  SetupRole: roleFor("lambda.amazonaws.com", [...statements, logStatement("SetupLog")]),
  Setup: lambda("setup.handler", "Setup", { MemorySize: 256, Timeout: 30 }),
})
