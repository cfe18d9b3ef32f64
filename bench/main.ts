import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { runApart } from './group-process.ts';
import { groups } from './groups.ts';
import type { Report } from './report/report.ts';
import { judged, tableOf } from './report/table.ts';

const usage = `npm run bench -- [--only group] [--json] [--check]

  --only group  run one group of: ${Object.keys(groups).join(', ')}
  --json        one JSON document instead of tables
  --check       exit with 1 when a target is missed by more than noise allows
`;

const options = parsed();
if (typeof options === 'string') {
  process.stderr.write(options);
  process.exit(2);
}
const reports = await measured(options.only ?? Object.keys(groups), options.json);
if (options.json) console.log(JSON.stringify({ machine: machine(), groups: reports }, null, 2));
const broken = judged(reports, 'missed');
if (!options.json) console.log(closing(broken));
process.exitCode = options.check && broken.length > 0 ? 1 : 0;

async function measured(names: readonly string[], silent: boolean): Promise<Report[]> {
  const found: Report[] = [];
  if (!silent) console.log(`${Object.values(machine()).join(', ')}\n`);
  for (const name of names) {
    const report = await runApart(name);
    if (!silent) console.log(`${tableOf(report)}\n`);
    found.push(report);
  }
  return found;
}

interface Options {
  readonly only: readonly string[] | undefined;
  readonly json: boolean;
  readonly check: boolean;
}

/** What was asked, or what to say instead. */
function parsed(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { only, json, check } = values;
    if (values.help || only?.some((name) => !Object.hasOwn(groups, name)) === true) return usage;
    return { only, json, check };
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
  };
}

function closing(missed: readonly string[]): string {
  const near = judged(reports, 'within noise').map((what) => `  within noise  ${what}`);
  const lines = [...near, ...missed.map((what) => `  missed        ${what}`)];
  return lines.length === 0 ? 'Every target was held.' : lines.join('\n');
}
