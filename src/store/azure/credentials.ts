/** Responsible for opening a container with the first credentials found: options, then the environment, then a managed identity. */
import type { ContainerClient, StoragePipelineOptions } from "@azure/storage-blob"

import { badConfig, notInstalled } from "../../errors.ts"
import type { AzureCredential, AzureOptions } from "./options.ts"

/** Attempts are repeated by bounded-call.ts. */
const PIPELINE: StoragePipelineOptions = { retryOptions: { maxTries: 1 } }

/** A name in a variable, so that the package is optional for the compiler, too. */
const IDENTITY = "@azure/identity"

const managedIdentity = async (): Promise<AzureCredential> => {
  const module = (await import(IDENTITY).catch(() => {
    throw notInstalled(
      `Neither AZURE_STORAGE_CONNECTION_STRING nor AZURE_STORAGE_KEY is set, and ${IDENTITY}, which finds a managed identity,`,
      IDENTITY,
    )
  })) as { readonly DefaultAzureCredential: new () => AzureCredential }
  return new module.DefaultAzureCredential()
}

type Sdk = typeof import("@azure/storage-blob")

const loadSdk = async (): Promise<Sdk> =>
  import("@azure/storage-blob").catch(() => {
    throw notInstalled("The package for azure:// locations", "@azure/storage-blob")
  })

const serviceOf = async (
  { BlobServiceClient, StorageSharedKeyCredential }: Sdk,
  options: AzureOptions,
  env: NodeJS.ProcessEnv,
): Promise<InstanceType<Sdk["BlobServiceClient"]>> => {
  const { account } = options
  const connectionString = options.connectionString ?? env["AZURE_STORAGE_CONNECTION_STRING"]
  if (connectionString) return BlobServiceClient.fromConnectionString(connectionString, PIPELINE)
  const url = `https://${account}.blob.core.windows.net`
  const key = options.accountKey ?? env["AZURE_STORAGE_KEY"]
  if (key && !options.credential)
    return new BlobServiceClient(url, new StorageSharedKeyCredential(account, key), PIPELINE)
  return new BlobServiceClient(url, options.credential ?? (await managedIdentity()), PIPELINE)
}

/**
 * Opens a container.
 * @throws {bad-config} if a package is missing, or the connection string is for another account
 */
export const openContainer = async (
  options: AzureOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ContainerClient> => {
  const service = await serviceOf(await loadSdk(), options, env)
  if (service.accountName !== options.account)
    throw badConfig([
      `AZURE_STORAGE_CONNECTION_STRING: Expected that of the account ${options.account}, got one of ${service.accountName}.`,
    ])
  return service.getContainerClient(options.container)
}
