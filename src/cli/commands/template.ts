/** Responsible for `imgtailor template`: prints the stack for AWS as a CloudFormation template. */
import { makeTemplate } from "../../aws/stack/stack.ts"
import type { Command } from "../command.ts"
import { print } from "../output.ts"
import { stackFromOptions, stackOptions } from "../stack.ts"

/** `imgtailor template`. */
export const template: Command = {
  description: "Print a CloudFormation template: CloudFront, S3 and Lambda for a bucket of originals.",
  options: stackOptions(),
  example: "imgtailor template --originals s3://shop-photos --sizes 360x270,480h,1280w > images.json",
  run: async (invocation) => {
    const { settings, stack } = await stackFromOptions(invocation)
    print(JSON.stringify(await makeTemplate(settings, stack), undefined, 1))
  },
}
