import type { Answer, Ask } from './bees.ts';

type Execute = (name: 'bee', ask: Ask) => Promise<Answer>;

/** So many callers, each with its next call as soon as the last one is answered, until they are told to stop. */
export function callers(count: number, execute: Execute) {
  const wish = { stop: false };
  let nextId = 0;
  const names = new Set<string>();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (!wish.stop) {
      const id = nextId++;
      try {
        // some answers take their time, so that each replacement finds calls that run
        const answer = await execute('bee', id % 7 === 0 ? { id, ms: 3 } : { id });
        names.add(answer.name);
        if (answer.id !== id) failures.push(new Error(`call ${id} got the answer of ${answer.id}`));
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const ended = Promise.all(Array.from({ length: count }, lane));
  return {
    stop: async () => {
      wish.stop = true;
      await ended;
      return { calls: nextId, names, failures };
    },
  };
}
