/** The commands that print the template and deploy it: options, the assembly, the checks of the account, and mistakes. */
import { existsSync } from "node:fs"
import { chmod, readFile, writeFile } from "node:fs/promises"
import { delimiter, join } from "node:path"

import { describe, expect, it } from "vitest"

import type { Template } from "../../src/aws/stack/cloudformation.ts"
import { startAccount } from "../support/aws-api.ts"
import { launchCommand, type Outcome, runCommand } from "../support/command.ts"
import { temporaryFolder } from "../support/folders.ts"
import { ALL, CERTIFICATE, ofType } from "./templates.ts"

const zipIn = async (folder: string): Promise<string> => {
  const file = join(folder, "code.zip")
  await writeFile(file, "a zip")
  return file
}

const PLACE = ["--originals", "s3://shop-photos", "--sizes", "360x270,480h,1280w"]

describe("imgtailor template", () => {
  it("prints the template and nothing else", async () => {
    const folder = await temporaryFolder()
    const args = ["template", ...PLACE, "--warm", "--concurrency", "3", "--memory", "3008"]
    const { code, stdout, stderr } = await runCommand(args, { cwd: folder })
    expect([code, stderr]).toEqual([0, ""])
    const { Resources, Parameters } = JSON.parse(stdout) as Template
    expect(Parameters).toMatchObject({
      OriginalsBucket: { Default: "shop-photos" },
      Concurrency: { Default: 3 },
      Memory: { Default: 3008 },
    })
    expect(Resources).toHaveProperty("Batch")
    expect(Resources).toHaveProperty("EventsOfOriginals")
  })

  it("leaves out the settings of other services, with their signing keys", async () => {
    const cwd = await temporaryFolder()
    const compat = { compat: ["imgproxy"], compatOrigins: { "s3://photos": "" }, compatKeys: { imgproxy: "6162:6364" } }
    await writeFile(join(cwd, "imgtailor.config.json"), JSON.stringify({ ...compat, sizes: ["480h"] }))
    const { code, stdout } = await runCommand(["template", "--originals", "s3://shop-photos"], { cwd })
    expect([code, /COMPAT|6162/.exec(stdout)]).toEqual([0, null])
  })

  it("passes every option to the stack", async () => {
    const { aliases, certificateArn, logBucket, priceClass, originShield, alarmTopic, kmsKeyArn } = ALL
    const options = {
      aliases,
      "certificate-arn": certificateArn,
      "log-bucket": logBucket,
      "price-class": priceClass,
      "origin-shield": originShield,
      "alarm-topic": alarmTopic,
      "kms-key-arn": kmsKeyArn,
      "rate-limit": 2000,
      "renditions-bucket": "shop-renditions",
    }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
    const { code, stdout } = await runCommand(["template", ...PLACE, ...args, "--no-enable-events"], {
      cwd: await temporaryFolder(),
    })
    expect(code).toBe(0)
    const template = JSON.parse(stdout) as Template
    expect(template.Parameters["RenditionsBucket"]).toMatchObject({ Default: "shop-renditions" })
    expect(template.Resources).not.toHaveProperty("EventsOfOriginals")
    for (const text of ["images.example.com", CERTIFICATE, "shop-logs.s3.amazonaws.com", "PriceClass_100"])
      expect(stdout).toContain(text)
    for (const text of ["eu-central-1", String(alarmTopic), String(kmsKeyArn), '"Limit": 2000'])
      expect(stdout).toContain(text)
  })

  it("prints no more than CloudFormation accepts without a bucket, even for a long list", async () => {
    const sizes = Array.from({ length: 44 }, (_, index) => `${1000 + index}x1000`).join(",")
    const args = ["template", "--originals", "s3://shop-photos", "--sizes", sizes, "--warm", "--rate-limit", "100"]
    const { code, stdout } = await runCommand(args, { cwd: await temporaryFolder() })
    expect(code).toBe(0)
    expect(Buffer.byteLength(stdout)).toBeLessThan(51_200)
  })

  it("ignores settings of a configuration file that are for another machine", async () => {
    const folder = await temporaryFolder()
    const sizes = `[{ size: "1280w", name: "wide" }]`
    const file = `export default { originals: "s3://other", renditions: "elsewhere", port: 80, sizes: ${sizes} }`
    await writeFile(join(folder, "imgtailor.config.mjs"), file)
    const { stdout } = await runCommand(["template", "--originals", "s3://shop-photos"], { cwd: folder })
    const template = JSON.parse(stdout) as Template
    expect(template.Parameters["OriginalsBucket"]).toMatchObject({ Default: "shop-photos" })
    expect(template.Resources["Renderer"]?.Properties["Environment"]).toMatchObject({
      Variables: { IMGTAILOR_SIZES: '[{"size":"1280w","name":"wide"}]' },
    })
    expect(stdout).not.toMatch(/IMGTAILOR_PORT|elsewhere/)
  })

  it.each([
    [["--sizes", "1w"], "originals: Expected a bucket like s3://shop-photos, got none."],
    [[...PLACE, "--aliases", "a.example.com"], "aliases: Expected domains together with certificateArn"],
    [[...PLACE, "--concurrency", "many"], 'concurrency: Expected a whole number, 0 for none, got "many".'],
    [[...PLACE, "--memory", "100"], "memory: Expected a whole number of MB"],
    [[...PLACE, "--renditions", "s3://b"], "unknown option '--renditions'"],
    [[...PLACE, "--price-class", "cheap"], "Allowed choices are PriceClass_100, PriceClass_200, PriceClass_All"],
    [["--sizes", "1ww", "--concurrency", "ten", "--aliases", "a.example.com"], "The configuration has 4 mistakes"],
    [
      [...PLACE, "--aliases", "a.example.com", "--certificate-arn", CERTIFICATE.replace("us-east-1", "eu-central-1")],
      "certificateArn: Expected the ARN of a certificate in us-east-1",
    ],
  ])("refuses %j with the expected value", async (args, complaint) => {
    const { code, stdout, stderr } = await runCommand(["template", ...args], { cwd: await temporaryFolder() })
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toContain(complaint)
  })
})

interface CdkFolder {
  readonly folder: string
  readonly path: string
  readonly zip: string
}

/** A folder with a program `cdk`. By default it prints its arguments and the files of the assembly, and exits with 7. */
const withCdk = async (script = `echo "$@"\nls "$3"\nexit 7`): Promise<CdkFolder> => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, "cdk"), `#!/bin/sh\n${script}\n`)
  await chmod(join(folder, "cdk"), 0o755)
  return { folder, path: [folder, process.env["PATH"] ?? ""].join(delimiter), zip: await zipIn(folder) }
}

describe("imgtailor deploy", () => {
  it.each([
    ["--stack", "my photos", "--stack: Expected a letter, then letters, digits and hyphens"],
    ["--code", "nowhere.zip", "--code: Expected a zip made by imgtailor package --mode direct, found none"],
    ["--synth", "", "--synth: Expected a folder, got none."],
  ])("refuses %s %j with the expected value", async (name, value, complaint) => {
    const folder = await temporaryFolder()
    const code = name === "--code" ? [] : ["--code", await zipIn(folder)]
    const args = ["deploy", ...PLACE, ...code, "--synth", "out", name, value]
    const done = await runCommand(args, { cwd: folder })
    expect([done.code, done.stdout]).toEqual([2, ""])
    expect(done.stderr).toContain(complaint)
  })

  it("writes the assembly of an app with one stack, and warns that photos stay stale without events", async () => {
    const folder = await temporaryFolder()
    const zip = await zipIn(folder)
    const args = [
      "deploy",
      ...PLACE,
      "--warm",
      "--no-enable-events",
      "--stack",
      "Photos",
      "--code",
      zip,
      "--synth",
      "out",
    ]
    const { code, stdout, stderr } = await runCommand(args, { cwd: folder })
    expect([code, stdout]).toEqual([0, `${join(folder, "out")}\n`])
    const template = JSON.parse(await readFile(join(folder, "out", "Photos.template.json"), "utf8")) as Template
    expect(ofType(template, "AWS::CloudFront::Distribution")).toHaveLength(1)
    // Stable names, without the hashes of CDK.
    expect(Object.keys(template.Outputs).toSorted()).toEqual([
      "BatchArn",
      "BatchRoleArn",
      "DistributionDomainName",
      "DistributionId",
      "RendererName",
      "RenditionsBucket",
    ])
    expect(stderr).toContain("replaced and deleted photos stay in the CDN for up to a year")
    expect(stderr).toContain("aws s3api put-bucket-notification-configuration --bucket shop-photos")
  })

  describe.skipIf(process.platform === "win32")("with the program cdk", () => {
    const deploy = async (env: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Outcome> => {
      const { folder, path, zip } = await withCdk()
      // The CDK's own validation takes seconds. The test of the assembly includes it.
      const all = { ...env, PATH: path, CDK_VALIDATION: "false" }
      return runCommand(["deploy", ...PLACE, "--code", zip, ...args], { cwd: folder, env: all })
    }

    it("passes the assembly and the arguments after -- to it, and exits with its code", async () => {
      const { env, calls } = await startAccount({ utilisation: 60 })
      const { code, stdout } = await deploy(env, ["--", "--require-approval", "never"])
      expect(code).toBe(7)
      expect(stdout).toMatch(/^deploy --app \S+ --require-approval never\n/)
      expect(stdout).toContain("ImgTailor.template.json")
      expect([...new Set(calls)]).toEqual([
        "GET /2016-08-19/account-settings/",
        "POST /2020-05-31/function",
        "POST /2020-05-31/function/NAME/test",
        "DELETE /2020-05-31/function/NAME",
      ])
    })

    it("ends after it, also by a signal, and removes the assembly", async () => {
      const { env } = await startAccount()
      const script = `trap 'ls "$3"; exit 9' TERM\necho "at $3"\nwhile :; do sleep 0.05; done`
      const { folder, path, zip } = await withCdk(script)
      const all = { ...env, PATH: path, CDK_VALIDATION: "false" }
      const running = launchCommand(["deploy", ...PLACE, "--code", zip], { cwd: folder, env: all })
      const [, assembly = ""] = await running.until(/^at (\S+)$/m)
      process.kill(running.pid, "SIGINT")
      expect(await running.end("SIGTERM")).toBe(9)
      expect(running.stdout()).toContain("ImgTailor.template.json")
      expect(existsSync(assembly)).toBe(false)
    })

    it("refuses an edge function that takes more than 60 % of the time", async () => {
      const { env, calls } = await startAccount({ utilisation: 61 })
      const { code, stdout, stderr } = await deploy(env)
      expect([code, stdout]).toEqual([2, ""])
      expect(stderr).toContain("The edge function uses 61 % of the time that CloudFront allows")
      expect(calls).toContain("DELETE /2020-05-31/function/NAME")
    })

    it("refuses an edge function that fails in CloudFront's test", async () => {
      const { env, calls } = await startAccount({ functionError: "ReferenceError: LIST is not defined" })
      const { code, stdout, stderr } = await deploy(env)
      expect([code, stdout]).toEqual([2, ""])
      expect(stderr).toContain("The edge function fails in CloudFront's test: ReferenceError: LIST is not defined")
      expect(calls).toContain("DELETE /2020-05-31/function/NAME")
    })

    it.each<[string, object, readonly string[], string]>([
      ["a number to reserve", { unreserved: 900 }, [], "--concurrency 200 would limit the cost of rendering"],
      [
        "that a reservation would fail",
        { unreserved: 110 },
        ["--concurrency", "50"],
        "fails unless the stack has reserved the difference already: at most 10 more can be reserved",
      ],
      [
        "to request a higher quota",
        { concurrentExecutions: 10, unreserved: 10 },
        [],
        "This account runs at most 10 functions at once",
      ],
    ])("suggests %s", async (_, account, args, message) => {
      // The edge function is checked last, and stops the deployment.
      const { env, calls } = await startAccount({ ...account, utilisation: 61 })
      const { stderr } = await deploy(env, args)
      expect(stderr).toContain(message)
      expect(calls).toContain("GET /2016-08-19/account-settings/")
    })

    it("deploys with a message if the account does not permit the checks", async () => {
      const { env } = await startAccount({ isDenied: true })
      const { code, stderr } = await deploy(env)
      expect(code).toBe(7)
      expect(stderr).toContain("The time of the edge function was not checked: ")
      expect(stderr).toContain("Lambda's quota was not checked: ")
    })

    it("refuses a rate limit outside us-east-1", async () => {
      const { env } = await startAccount()
      const { code, stderr } = await deploy(env, ["--rate-limit", "2000"])
      expect(code).toBe(2)
      expect(stderr).toContain("rateLimit: Expected a stack in us-east-1, got eu-central-1.")
    })
  })

  it("explains how to install cdk", async () => {
    const folder = await temporaryFolder()
    const env = { PATH: folder }
    const { code, stderr } = await runCommand(["deploy", ...PLACE, "--code", await zipIn(folder)], { cwd: folder, env })
    expect(code).toBe(2)
    expect(stderr).toContain("npm install aws-cdk-lib constructs aws-cdk")
  })

  it.each([
    [[...PLACE, "more"], "more: Expected no arguments; those for cdk follow --."],
    [["--originals", "s3://shop-photos", "--sizes", "1ww"], "sizes.0: Expected a size"],
    [["--sizes", "1ww", "--code", "nowhere.zip", "--stack", "1"], "The configuration has 4 mistakes"],
  ])("refuses %j like every command", async (args, complaint) => {
    const { code, stderr } = await runCommand(["deploy", ...args], { cwd: await temporaryFolder() })
    expect(code).toBe(2)
    expect(stderr).toContain(complaint)
  })
})
