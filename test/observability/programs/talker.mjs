// A plugin that speaks in every way there is, secrets included.
import { serve } from 'plugboard/serve';

await serve({
  name: 'talker',
  version: '1.0.0',
  async execute(_text, { log, host }) {
    await host.begin();
    console.log('connecting to redis://ada:pw@cache:6379');
    console.error(JSON.stringify({ level: 40, msg: 'weak', password: 'hunter2', pid: 1 }));
    log.debug('a detail', { token: 'abc' });
    log.error('it failed with api_key=k1', { user: 'ada' });
    await host.heard();
    return process.pid;
  },
});
