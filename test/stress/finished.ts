/** Responsible for replacing vitest in `npm run stress`, so that the parts can use the helpers of tests: cleans up after each part. */
const endings: (() => unknown)[] = []

/** Like vitest's. */
export const onTestFinished = (end: () => unknown): void => void endings.push(end)

/** Cleans up, the last first. */
export const finish = async (): Promise<void> => {
  for (let end = endings.pop(); end; end = endings.pop()) await end()
}
