export const loader = () => new Response("the host")
