/** `imgtailor template`: the direct flow as a CloudFormation template. */
import { makeTemplate } from "../../aws/stack/stack.ts"
import type { Command } from "../main.ts"
import { print } from "../output.ts"
import { STACK_ARGUMENTS, stackFromArguments } from "../stack.ts"

export const template: Command = {
  examples: [
    "imgtailor template --originals s3://shop-photos --sizes 360x270,480h,1280w > images.json",
    "imgtailor template --config imgtailor.config.ts --enable-events --warm",
  ],
  description: "Print a CloudFormation template: CloudFront, S3 and Lambda for a bucket of photos.",
  args: STACK_ARGUMENTS,
  run: async (values) => {
    const { settings, stack } = await stackFromArguments(values, STACK_ARGUMENTS)
    print(JSON.stringify(await makeTemplate(settings, stack), undefined, 1))
  },
}
