// The limit for what a function answers without a picture: nothing is loaded, nothing is done.
export const handler = async () => ({ statusCode: 204, headers: {}, body: "", isBase64Encoded: false })
