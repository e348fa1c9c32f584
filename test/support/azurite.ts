/** Responsible for the command line and the credentials of Azurite, the emulator of Azure Storage. */

/** The account that the emulator has. */
export const AZURITE_ACCOUNT = "devstoreaccount1"

/** The published key of that account. */
export const AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

/** The command line of `azurite-blob`: newer packages than the emulator are accepted, and nothing is reported to its makers. */
export const azuriteArguments = (port: number): readonly string[] => [
  "--blobPort",
  String(port),
  ..."--blobHost 127.0.0.1 --silent --skipApiVersionCheck --disableTelemetry --inMemoryPersistence".split(" "),
]

/** The connection string of an emulator. */
export const connectionStringOf = (port: number, key: string = AZURITE_KEY): string =>
  `DefaultEndpointsProtocol=http;AccountName=${AZURITE_ACCOUNT};AccountKey=${key};BlobEndpoint=http://127.0.0.1:${port}/${AZURITE_ACCOUNT};`
