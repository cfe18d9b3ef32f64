import { Simple } from 'plugboard';
import { expect, it } from 'vitest';
import { managed } from '../../support/managed.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { fixture } from '../subjects.ts';

it('a configuration starts a plugin of go-plugin that serves plugboard', async () => {
  await using folder = await tempFolder();
  const file = await folder.write(
    'plugboard.yaml',
    `plugins:
  - name: kv
    transport: go-plugin
    command: ${process.execPath}
    args: ['${fixture('go-all-round.mjs')}']
    env: { BASIC_PLUGIN: hello }
`,
  );
  await using host = await managed(Simple<object, unknown>().withConfig(file).build());
  expect(await host.manager.execute('kv' as never, { do: 'echo', value: 7 })).toBe(7);
  expect(host.manager.listPlugins()).toMatchObject([{ name: 'kv', info: { name: 'all-round' } }]);
});
