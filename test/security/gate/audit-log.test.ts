import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Simple } from 'plugboard';
import { auditLog, readAuditLog, verifyAuditLog } from 'plugboard/security';
import { subprocess } from 'plugboard/transports';
import { managed } from '../../support/managed.ts';
import { listed } from '../listed.ts';

const answers = `
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, payload } = JSON.parse(line);
  process.stdout.write(JSON.stringify({ id, result: payload }) + '\\n');
});
`;

describe('a manager with a whitelist and an audit log', () => {
  it('leaves a log that proves what ran and what was refused', async () => {
    await using host = await listed();
    const file = await host.write('score.mjs', answers);
    await host.list({ score: await host.pin(file) });
    const path = join(host.folder, 'audit.jsonl');
    const audit = { sink: auditLog(path), logAuthorized: true };
    const source = subprocess(process.execPath, { args: [file, '--token=secret'], protocol: 'go-plugins' });
    {
      await using running = await managed(
        Simple<string, string>()
          .withSecurity({ whitelist: host.file, audit })
          .withPlugin('score', source)
          .build(),
      );
      await writeFile(file, `${answers}\n// something else`);
      await expect(running.manager.replace('score', source)).rejects.toMatchObject({ code: 'SECURITY_1803' });
      expect(await running.manager.execute('score', 'still there')).toBe('still there');
    }
    const events: string[] = [];
    for await (const { event, plugin } of readAuditLog(path))
      events.push(plugin === undefined ? event : `${event} ${plugin}`);
    expect(events.filter((event) => !event.startsWith('log_'))).toEqual([
      'security_validator_enabled',
      'whitelist_loaded',
      'plugin_authorized score',
      'plugin_registered score',
      'plugin_rejected score',
      'security_validator_disabled',
    ]);
    expect((await verifyAuditLog(path)).problem).toBeUndefined();
  });
});
