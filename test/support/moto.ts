/** Responsible for a simulation of AWS APIs for tests: moto, with a CloudFront distribution whose invalidations can be read, and roles. */
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { setTimeout as wait } from "node:timers/promises"

import { AwsV4Signer } from "aws4fetch"

import type { S3Credentials } from "../../src/store/s3/credential-types.ts"
import { freePort } from "./free-port.ts"
import { findTools } from "./tools.ts"

/** The program `moto_server`; undefined if it is not installed and tests may be skipped. @throws if they may not */
export const motoServer: string | undefined = findTools("moto_server")?.moto_server

const VERSION = "2020-05-31"

/** A running server. */
export interface Moto {
  readonly endpoint: string
  /** @returns the distribution's id */
  readonly createDistribution: () => Promise<string>
  /** The items of every invalidation, the oldest first. */
  readonly invalidationsOf: (distribution: string) => Promise<readonly (readonly string[])[]>
  /** Temporary credentials of a new role that is allowed these actions. */
  readonly assumeRole: (name: string, actions: readonly string[]) => Promise<S3Credentials>
  /** Checks signatures, tokens and permissions from now on. */
  readonly enforce: () => Promise<void>
  readonly stop: () => Promise<void>
}

const DISTRIBUTION = (
  reference: string,
): string => `<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/${VERSION}/">
<CallerReference>${reference}</CallerReference><Comment/><Enabled>true</Enabled>
<Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id><DomainName>shop.s3.amazonaws.com</DomainName><S3OriginConfig><OriginAccessIdentity/></S3OriginConfig></Origin></Items></Origins>
<DefaultCacheBehavior><TargetOriginId>o</TargetOriginId><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy></DefaultCacheBehavior>
</DistributionConfig>`

const valuesOf = (xml: string, name: string): readonly string[] =>
  Array.from(xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g")), ([, value = ""]) => value)

/** Starts a server. The caller stops it. */
export const startMoto = async (): Promise<Moto> => {
  if (motoServer === undefined) throw new Error("moto_server is not installed")
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const child = spawn(motoServer, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" })
  const isUp = (): Promise<boolean> =>
    fetch(`${endpoint}/moto-api/`).then(
      () => true,
      () => false,
    )
  for (let tries = 0; tries < 300 && child.exitCode === null && !(await isUp()); tries++) await wait(50)

  const ask = async (service: string, path: string, body?: string, type = "application/xml"): Promise<string> => {
    const method = body === undefined ? "GET" : "POST"
    const signer = new AwsV4Signer({
      method,
      url: `${endpoint}${path}`,
      headers: { "content-type": type },
      ...(body !== undefined && { body }),
      accessKeyId: "anybody",
      secretAccessKey: "anything",
      service,
      region: "us-east-1",
    })
    const { url, headers } = await signer.sign()
    const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${service} ${path}: ${response.status} ${text}`)
    return text
  }
  const act = (service: string, parameters: Readonly<Record<string, string>>): Promise<string> =>
    ask(service, "/", String(new URLSearchParams(parameters)), "application/x-www-form-urlencoded")

  return {
    endpoint,
    createDistribution: async () => {
      const made = await ask("cloudfront", `/${VERSION}/distribution`, DISTRIBUTION(randomUUID()))
      return valuesOf(made, "Id")[0] ?? ""
    },
    invalidationsOf: async (distribution) => {
      const path = `/${VERSION}/distribution/${distribution}/invalidation`
      const ids = valuesOf(await ask("cloudfront", path), "Id")
      const texts = await Promise.all(ids.map((id) => ask("cloudfront", `${path}/${id}`)))
      return texts.map((text) => valuesOf(text, "Path"))
    },
    assumeRole: async (name, actions) => {
      const statement = (more: object): string =>
        JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...more }] })
      const trust = statement({ Principal: { AWS: "*" }, Action: "sts:AssumeRole" })
      const policy = statement({ Action: actions, Resource: "*" })
      const iam = { Version: "2010-05-08", RoleName: name }
      await act("iam", { Action: "CreateRole", ...iam, AssumeRolePolicyDocument: trust })
      await act("iam", { Action: "PutRolePolicy", ...iam, PolicyName: "all", PolicyDocument: policy })
      const taken = await act("sts", {
        Action: "AssumeRole",
        Version: "2011-06-15",
        RoleArn: `arn:aws:iam::123456789012:role/${name}`,
        RoleSessionName: "test",
      })
      const [accessKeyId = "", secretAccessKey = "", sessionToken = ""] = [
        "AccessKeyId",
        "SecretAccessKey",
        "SessionToken",
      ].map((part) => valuesOf(taken, part)[0])
      return { accessKeyId, secretAccessKey, sessionToken }
    },
    enforce: async () => {
      const response = await fetch(`${endpoint}/moto-api/reset-auth`, {
        method: "POST",
        body: "0",
        headers: { "content-type": "text/plain" },
      })
      if (!response.ok) throw new Error(`reset-auth: ${response.status}`)
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((done) => child.once("exit", done))
      child.kill("SIGKILL")
      await ended
    },
  }
}
