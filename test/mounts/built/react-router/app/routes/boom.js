export const loader = () => {
  throw new Error("boom")
}
