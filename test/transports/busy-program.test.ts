import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Simple } from 'plugboard';
import { subprocess } from 'plugboard/transports';
import { ManualClock } from '../support/manual-clock.ts';
import { managed } from '../support/managed.ts';
import { until } from '../support/processes.ts';
import { startError } from '../support/start-error.ts';
import { tempFolder } from '../support/temp-folder.ts';

const answers = `#!/bin/sh
while read -r line; do
  printf '{"id":"%s","result":"done"}\\n' "$(printf %s "$line" | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')"
done
`;

describe.runIf(process.platform === 'linux')('a program that somebody writes', () => {
  it('is waited for, for a moment', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('plugin', answers, 0o755);
    const clock = new ManualClock();
    const writer = openSync(file, 'r+');
    const source = subprocess(file, { protocol: 'go-plugins' });
    const building = Simple<string, string>().withClock(clock).withPlugin('busy', source).build();
    await until(() => clock.timersMs.includes(20));
    closeSync(writer);
    const state = { isBuilt: false };
    void building.then(() => (state.isBuilt = true));
    await until(() => {
      clock.advance(20);
      return state.isBuilt;
    });
    await using running = await managed(building);
    expect(await running.manager.execute('busy', 'x')).toBe('done');
  });

  it('is not waited for for ever', async () => {
    await using folder = await tempFolder();
    const file = await folder.write('plugin', answers, 0o755);
    const writer = openSync(file, 'r+');
    expect((await startError(subprocess(file))).code).toBe('REGISTRY_1908');
    closeSync(writer);
  });
});
