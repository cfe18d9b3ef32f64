import { junkFrom, mostPerPlugin, rejectFrom, type Answer, type Decision, type Judged } from '../judge.ts';
import type { Paint } from './paint.ts';
import { cut, duration, fit, harmless, wrap } from './text.ts';

const idWidth = 24;
const cellWidth = 15;
const legend = [
  'Score and waiting time for each plugin; - is a score of 0.',
  `One plugin counts for ${mostPerPlugin} at most; junk from ${junkFrom}, reject from ${rejectFrom}.`,
];
const detailWidth = 96;
/** Enough for what a plugin has to say, not for what a sender may have put in. */
const longestHit = 120;

const colours: Readonly<Record<Decision, Parameters<Paint>[0]>> = {
  accept: 'green',
  junk: 'yellow',
  reject: 'red',
  defer: 'magenta',
};

/** One row for each message, and below it the reasons where it was not accepted. At most 100 columns wide. */
export function messageTable(plugins: readonly string[], judged: readonly Judged[], paint: Paint): string[] {
  const names = plugins.map((name) => name.slice(0, cellWidth - 1).padStart(cellWidth)).join('');
  const head = `${'message'.padEnd(idWidth)}${names}  score  verdict`;
  return [
    ...legend.map((line) => paint('dim', line)),
    paint('bold', head),
    ...judged.flatMap((message) => rowsOf(message, paint)),
  ];
}

function rowsOf(message: Judged, paint: Paint): string[] {
  const cells = message.answers.map((answer) => cell(answer)).join('');
  const id = fit(harmless(message.id), idWidth);
  const row = `${id}${cells}${message.score.toFixed(1).padStart(7)}  ${paint(colours[message.decision], message.decision)}`;
  return message.decision === 'accept'
    ? [row]
    : [row, ...reasons(message).map((line) => paint('dim', `    ${line}`))];
}

function cell(answer: Answer): string {
  if ('failure' in answer) return answer.failure.code.slice(0, cellWidth - 1).padStart(cellWidth);
  const score = answer.score === 0 ? '-' : answer.score.toFixed(1);
  return score.padStart(cellWidth - 9) + duration(answer.elapsedMs).padStart(9);
}

function reasons({ subject, answers }: Judged): string[] {
  const hits = answers.flatMap((answer) => ('failure' in answer ? [answer.failure.message] : answer.hits));
  const shortened = hits.map((hit) => cut(harmless(hit), longestHit));
  const title = cut(harmless(subject), detailWidth - 9);
  return [...(title === '' ? [] : [`Subject: ${title}`]), ...wrap(shortened.join('; '), detailWidth)];
}
