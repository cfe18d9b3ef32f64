import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { runApart } from './group-process.ts';
import { groups } from './groups.ts';
import { pageAt } from './report/page.ts';
import type { Report } from './report/report.ts';
import { textOf } from './report/text.ts';
import { closing, judged } from './report/verdicts.ts';

const usage = `npm run bench -- [--only group] [--json] [--into page] [--check]

  --only group  run one group of: ${Object.keys(groups).join(', ')}
  --json        one JSON document instead of tables
  --into page   also write the tables into a page with marks for them, such as docs/performance.md
  --check       exit with 1 when a target is missed; what is within the noise of the run is not
`;

const [loadBefore = 0] = loadavg();
const options = parsed();
if (typeof options === 'string') {
  process.stderr.write(options);
  process.exit(2);
}
const page = options.into === undefined ? undefined : await pageAt(options.into);
const reports = await measured(options.only ?? Object.keys(groups), options.json);
if (options.json) console.log(JSON.stringify({ machine: machine(), groups: reports }, null, 2));
else for (const line of closing(reports)) console.log(line);
await page?.write(machineLine(), reports);
process.exitCode = options.check && judged(reports, 'missed').length > 0 ? 1 : 0;

async function measured(names: readonly string[], silent: boolean): Promise<Report[]> {
  const found: Report[] = [];
  if (!silent) console.log(`${machineLine()}\n`);
  for (const name of names) {
    const report = await runApart(name);
    if (!silent) console.log(`${textOf(report)}\n`);
    found.push(report);
  }
  return found;
}

interface Options {
  readonly only: readonly string[] | undefined;
  readonly json: boolean;
  readonly into: string | undefined;
  readonly check: boolean;
}

/** What was asked, or what to say instead. */
function parsed(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
        into: { type: 'string' },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { only, json, into, check } = values;
    if (values.help || only?.some((name) => !Object.hasOwn(groups, name)) === true) return usage;
    return { only, json, into, check };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${usage}`;
  }
}

function machine(): Readonly<Record<string, string>> {
  const all = cpus();
  return {
    node: `Node ${process.version}`,
    system: `${process.platform} ${process.arch}`,
    processor: `${all.length} x ${all[0]?.model.trim() ?? '?'}`,
    load: `load ${loadBefore.toFixed(1)} before the run`,
  };
}

function machineLine(): string {
  return Object.values(machine()).join(', ');
}
