// Purges the renditions of changed originals from a CDN: createTailor({ …, cacheTags: true }, { onChange: cloudflare({ zone, token }) })

const post = async (url, headers, body) => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
}

const tagsOf = (changes) => changes.map(({ cacheTag }) => cacheTag)

const batches = (list, length) =>
  Array.from({ length: Math.ceil(list.length / length) }, (_, at) => list.slice(at * length, (at + 1) * length))

/** Needs a token with the permission Zone › Cache Purge. Cloudflare purges up to 30 tags a call. */
export const cloudflare =
  ({ zone, token, api = "https://api.cloudflare.com/client/v4" }) =>
  async (changes) => {
    for (const tags of batches(tagsOf(changes), 30))
      await post(`${api}/zones/${zone}/purge_cache`, { authorization: `Bearer ${token}` }, { tags })
  }

/** Needs a token with the scope `purge_select`. Fastly purges up to 256 keys a call, more than one report has. */
export const fastly =
  ({ service, token, api = "https://api.fastly.com" }) =>
  (changes) =>
    post(`${api}/service/${service}/purge`, { "fastly-key": token }, { surrogate_keys: tagsOf(changes) })

/** Needs the API key of the account. Bunny purges one tag a call. */
export const bunny =
  ({ zone, key, api = "https://api.bunny.net" }) =>
  async (changes) => {
    for (const CacheTag of tagsOf(changes))
      await post(`${api}/pullzone/${zone}/purgeCache`, { accesskey: key }, { CacheTag })
  }
