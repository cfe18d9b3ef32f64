// A plugin in a process of its own that says who it is, and how it is. Its arguments: its name, its health.
// A request: { id, ms }, answered after so many milliseconds; without `ms` at once, with `ms: null` never.
import { serve } from 'plugboard/serve';

const [name = 'bee', health = 'healthy'] = process.argv.slice(2);

await serve({
  name: 'bee',
  version: '1.0.0',
  health: () => (health === 'silent' ? new Promise(() => {}) : health),
  execute({ id, ms }, { signal }) {
    const answer = { id, name, pid: process.pid };
    if (ms === undefined) return answer;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      if (ms !== null) setTimeout(resolve, ms, answer);
    });
  },
});
