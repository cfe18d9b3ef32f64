/** Does `calls` pieces of work with up to `width` of them under way at any moment. */
export async function inFlight(
  calls: number,
  width: number,
  work: () => PromiseLike<unknown>,
): Promise<void> {
  let left = calls;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: Math.min(width, calls) }, lane));
}
