import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Simple } from 'plugboard';
import { grpc } from 'plugboard/transports';
import { tempFolder } from '../../support/temp-folder.ts';

const program = fileURLToPath(new URL('../../fixtures/plugins/serve-all-round.mjs', import.meta.url));

describe('a plugin that is started by hand with PLUGBOARD_CHANNEL=grpc', () => {
  it.each(['127.0.0.1:0', 'unix:', undefined])('serves hosts at %s until SIGTERM', async (where) => {
    await using folder = await tempFolder();
    const address = where === 'unix:' ? `unix:${join(folder.path, 'plugin.sock')}` : where;
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, PLUGBOARD_CHANNEL: 'grpc', ...(address && { PLUGBOARD_ADDRESS: address }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const endpoint = / listens on (\S+)$/.exec(line)?.[1] ?? '';
    const manager = await Simple<unknown, unknown>().withPlugin('served', grpc(endpoint)).build();
    expect(await manager.health()).toMatchObject({ status: 'healthy' });
    await manager.shutdown();
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('says what is wrong with its address', async () => {
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, PLUGBOARD_CHANNEL: 'grpc', PLUGBOARD_ADDRESS: 'localhost:http' },
    });
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(said).toContain('[CONFIG_1703]');
    expect(said).toContain('port');
  });
});
