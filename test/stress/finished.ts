/**
 * What `npm run stress` has in place of vitest, so that the parts can use what tests use: whatever was started is ended when its part
 * has run.
 */
const endings: (() => unknown)[] = []

/** As vitest's. */
export const onTestFinished = (end: () => unknown): void => void endings.push(end)

/** Ends everything, the youngest first. */
export const finish = async (): Promise<void> => {
  for (let end = endings.pop(); end; end = endings.pop()) await end()
}
