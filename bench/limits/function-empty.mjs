// The limit for a response without an image: a function that loads nothing and does nothing.
export const handler = async () => ({ statusCode: 204, headers: {}, body: "", isBase64Encoded: false })
