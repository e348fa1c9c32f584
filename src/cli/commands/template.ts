/** Responsible for `imgtailor template`: prints the stack for AWS as a CloudFormation template. */
import type { Template } from "../../aws/stack/cloudformation.ts"
import { makeTemplate } from "../../aws/stack/stack.ts"
import type { Command } from "../command.ts"
import { print } from "../output.ts"
import { stackFromOptions, stackOptions } from "../stack.ts"

/** CloudFormation accepts longer templates only from a bucket (CloudFormation User Guide, "Understand CloudFormation quotas"). */
const MAX_BYTES = 51_200

/** Indented unless that makes it too long to be sent. */
const format = (template: Template): string => {
  const text = JSON.stringify(template, undefined, 1)
  return Buffer.byteLength(text) < MAX_BYTES ? text : JSON.stringify(template)
}

/** `imgtailor template`. */
export const template: Command = {
  description: "Print a CloudFormation template: CloudFront, S3 and Lambda for a bucket of originals.",
  options: stackOptions(),
  example: "imgtailor template --originals s3://shop-photos --sizes 360x270,480h,1280w > images.json",
  run: async (invocation) => {
    const { settings, stack } = await stackFromOptions(invocation)
    print(format(await makeTemplate(settings, stack)))
  },
}
