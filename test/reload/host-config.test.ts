import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Auto, Simple, type Discovery, type ReloadReport } from 'plugboard';
import type { Answer, Ask } from '../lifecycle/bees.ts';
import { managed } from '../support/managed.ts';
import { MemoryLogger } from '../support/memory-logger.ts';
import { metricsIn } from '../support/otlp-metrics.ts';
import { otlpReceiver } from '../support/otlp-receiver.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { hiveText } from './hive.ts';

const program = fileURLToPath(new URL('../lifecycle/programs/bee.mjs', import.meta.url));

/** A folder with a plugin in it: its manifest, which starts a bee. */
async function plant(folder: TempFolder, name: string, more: object = {}): Promise<void> {
  await mkdir(`${folder.path}/${name}`, { recursive: true });
  const manifest = {
    name,
    version: '1.0.0',
    transport: 'exec',
    executable: 'node',
    args: [program, name],
    ...more,
  };
  await writeFile(`${folder.path}/${name}/plugin.json`, JSON.stringify(manifest));
}

describe('a host that is run by a file', () => {
  it('has its plugins, its log level and its metrics from there', async () => {
    await using folder = await tempFolder();
    const more = { log_level: 'error', metrics: { prometheus: { port: 0, namespace: 'hive' } } };
    const path = await folder.write('host.yaml', hiveText({ ada: {} }, more));
    const log = new MemoryLogger();
    await using host = await managed(Simple<Ask, Answer>().withLogger(log).withConfig(path).build());
    expect((await host.manager.dynamic().execute('ada', { id: 1 })).name).toBe('ada');
    expect(host.manager.metrics()?.plugins['ada']?.requestsTotal).toBe(1);
    expect(log.records.filter(({ level }) => level !== 'error')).toEqual([]);
  });

  it('sends its metrics where the file says, under the name that it has in traces', async () => {
    await using receiver = await otlpReceiver();
    const otlp = { endpoint: receiver.endpoint, headers: { 'api-key': 'k' } };
    const tracing = { endpoint: receiver.endpoint, service_name: 'hive', sample_rate: 0 };
    await using folder = await tempFolder();
    const path = await folder.write('host.yaml', hiveText({ ada: {} }, { metrics: { otlp }, tracing }));
    const manager = await Simple<Ask, Answer>().withConfig(path).build();
    await manager.dynamic().execute('ada', { id: 1 });
    await manager.shutdown();
    const [post] = receiver.posts;
    if (post === undefined) throw new Error('nothing arrived');
    expect(post.headers['api-key']).toBe('k');
    expect(post.body.includes('hive')).toBe(true);
    const requests = metricsIn(post).find(({ name }) => name === 'plugin_requests');
    expect(requests?.points.reduce((sum, { value }) => sum + value, 0)).toBe(1);
  });

  it('reads it as the code says, with each reload: variables of its own, unknown keys only warned of', async () => {
    await using folder = await tempFolder();
    const path = await folder.write('host.yaml', hiveText({ ada: { args: ['${WHO}'], colour: 'red' } }));
    const log = new MemoryLogger();
    const reading = { lenient: true, env: {}, overrides: { WHO: 'eve' } };
    await using host = await managed(Simple<Ask, Answer>().withLogger(log).withConfig(path, reading).build());
    expect((await host.manager.dynamic().execute('ada', { id: 1 })).name).toBe('eve');
    expect((await host.manager.reloadConfig()).unchanged).toEqual(['ada']);
    expect(log.records.find(({ level }) => level === 'warn')?.message).toMatch(/line \d+.*colour/);
  });

  it('follows the file when it says so', async () => {
    await using folder = await tempFolder();
    const reload = { watch: true };
    const path = await folder.write('host.yaml', hiveText({ ada: {} }, { reload }));
    await using host = await managed(Simple<Ask, Answer>().withConfig(path).build());
    const reloaded = new Promise<void>((resolve) => void host.manager.on('reload', () => resolve()));
    await writeFile(path, (await readFile(path, 'utf8')).replace('"ada"\n', '"changed by sed"\n'));
    await reloaded;
    expect((await host.manager.dynamic().execute('ada', { id: 1 })).name).toBe('changed by sed');
  });

  it('starts nothing that the whitelist of the file does not name', async () => {
    await using folder = await tempFolder();
    const whitelist = await folder.write('list.yaml', 'version: "1.0"\nplugins: []\n', 0o600);
    await chmod(folder.path, 0o700);
    const security = { enabled: true, policy: 'strict', whitelist_file: whitelist };
    const path = await folder.write('host.yaml', hiveText({ ada: {} }, { security }));
    const building = Simple<Ask, Answer>().withConfig(path).build();
    await expect(building).rejects.toThrow(/plugin 'ada'.*whitelist/s);
  });

  it('is not built from a file that is wrong, and every problem is said', async () => {
    await using folder = await tempFolder();
    const path = await folder.write('host.yaml', 'plugins:\n  - name: ada\n    typo: 1\n    timeout: soon\n');
    const building = Simple<Ask, Answer>().withConfig(path).build();
    await expect(building).rejects.toThrow(/host\.yaml:3:5/);
    await expect(building).rejects.toThrow(/host\.yaml:4:/);
  });
});

describe('a host that finds its plugins', () => {
  it('starts every plugin with a manifest that fits the pattern', async () => {
    await using folder = await tempFolder();
    for (const name of ['auth-plugin', 'log-plugin', 'other']) await plant(folder, name);
    await using host = await managed(
      Auto<Ask, Answer>().fromDirectory(folder.path).withPattern('*-plugin').build(),
    );
    const names = host.manager.listPlugins().map(({ name }) => name);
    expect(names.toSorted()).toEqual(['auth-plugin', 'log-plugin']);
    expect((await host.manager.dynamic().execute('auth-plugin', { id: 1 })).name).toBe('auth-plugin');
  });

  it('passes over broken manifests, hosts that do not fit and second names, and says so', async () => {
    await using folder = await tempFolder();
    await plant(folder, 'good');
    await plant(folder, 'twin', { name: 'good' });
    await plant(folder, 'tomorrow', { requirements: { host: '^99.0.0' } });
    await mkdir(`${folder.path}/broken`);
    await writeFile(`${folder.path}/broken/plugin.json`, '{ "name": ');
    const seen: Discovery[] = [];
    await using host = await managed(Auto<Ask, Answer>().fromDirectory(folder.path).build());
    host.manager.on('discovery', (discovery) => seen.push(discovery));
    await host.manager.reloadConfig({ discovery: { directories: [folder.path] } });
    expect(host.manager.listPlugins().map(({ name }) => name)).toEqual(['good']);
    expect(seen[0]?.problems.map(({ path }) => path.replace(folder.path, '')).toSorted()).toEqual([
      '/broken/plugin.json',
      '/tomorrow/plugin.json',
      '/twin/plugin.json',
    ]);
  });

  it('takes up what comes and goes while it watches', async () => {
    await using folder = await tempFolder();
    await plant(folder, 'first');
    await using host = await managed(Auto<Ask, Answer>().fromDirectory(folder.path).watching().build());
    const next = (): Promise<unknown> =>
      new Promise((resolve) => {
        const undo = host.manager.on('reload', (event) => {
          undo();
          resolve(event.report);
        });
      });
    const added = next();
    await plant(folder, 'second');
    expect(await added).toMatchObject({ added: ['second'] });
    const removed = next();
    await rm(`${folder.path}/first`, { recursive: true });
    expect(await removed).toMatchObject({ removed: ['first'] });
    expect(host.manager.listPlugins().map(({ name }) => name)).toEqual(['second']);
  });

  it('tells of each look what was added, updated and removed', async () => {
    await using folder = await tempFolder();
    await plant(folder, 'mail');
    await plant(folder, 'news');
    await using host = await managed(Auto<Ask, Answer>().fromDirectory(folder.path).watching().build());
    const told = async (what: keyof Discovery, change: () => Promise<unknown>): Promise<Discovery> => {
      const event = new Promise<Discovery>((resolve) => {
        const undo = host.manager.on('discovery', (discovery) => {
          if (discovery[what].length === 0) return; // a look in the midst of the change
          undo();
          resolve(discovery);
        });
      });
      await change();
      return event;
    };
    const nothing = { added: [], updated: [], removed: [], problems: [] };
    const all = ['mail', 'news', 'score'];
    expect(await told('added', () => plant(folder, 'score'))).toEqual({
      ...nothing,
      found: all,
      added: ['score'],
    });
    expect(await told('updated', () => plant(folder, 'news', { description: 'other words' }))).toEqual({
      ...nothing,
      found: all,
      updated: ['news'],
    });
    expect(await told('removed', () => rm(`${folder.path}/mail`, { recursive: true }))).toEqual({
      ...nothing,
      found: ['news', 'score'],
      removed: ['mail'],
    });
  });

  it('replaces a plugin whose manifest tells of another version, and no other', async () => {
    await using folder = await tempFolder();
    await plant(folder, 'mail');
    await plant(folder, 'news');
    await using host = await managed(Auto<Ask, Answer>().fromDirectory(folder.path).watching().build());
    const manager = host.manager.dynamic();
    const pids = (): (number | undefined)[] => ['mail', 'news'].map((name) => manager.getPlugin(name)?.pid);
    const [mail, news] = pids();
    const reloaded = new Promise<ReloadReport | undefined>((resolve) => {
      manager.on('reload', ({ report }) => resolve(report));
    });
    await plant(folder, 'mail', { version: '1.1.0' });
    expect((await reloaded)?.changed).toEqual([
      {
        name: 'mail',
        fields: [{ path: 'manifest.version', before: '1.0.0', after: '1.1.0' }],
        structural: true,
      },
    ]);
    expect(pids()[1]).toBe(news);
    expect(pids()[0]).not.toBe(mail);
  });

  it('starts plugins after those they need, and refuses to unload what others need', async () => {
    await using folder = await tempFolder();
    await plant(folder, 'a-mailer', { requirements: { required_plugins: ['z-store'] } });
    await plant(folder, 'z-store');
    await using host = await managed(Auto<Ask, Answer>().fromDirectory(folder.path).build());
    const manager = host.manager.dynamic();
    expect(manager.listPlugins().map(({ name }) => name)).toEqual(['z-store', 'a-mailer']);
    await expect(manager.unregister('z-store')).rejects.toThrow('it is needed by a-mailer, which run');
    await manager.unregister('z-store', { force: true });
    expect(manager.has('z-store')).toBe(false);
  });

  it('is not built when a plugin needs one that is missing', async () => {
    await using folder = await tempFolder();
    await plant(folder, 'mailer', { requirements: { required_plugins: ['store'] } });
    const building = Auto<Ask, Answer>().fromDirectory(folder.path).build();
    await expect(building).rejects.toThrow("mailer needs plugin 'store', which is missing");
  });

  it('takes two ways to say where plugins are for a mistake', async () => {
    const building = Auto<Ask, Answer>().fromDirectory('a').withConfig({ plugins: [] }).build();
    await expect(building).rejects.toThrow('both withConfig and fromDirectory say where plugins are');
  });
});
