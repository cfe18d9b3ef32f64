import type { Finding } from './finding.ts';

const sales: readonly Finding[] = [
  [2, 'lottery'],
  [2, 'million dollars'],
  [2, 'sum of money'],
  [1.5, 'claim your'],
  [1.5, 'prize'],
  [1.5, 'pills'],
  [1.5, 'casino'],
  [1, '100% guaranteed'],
  [1, 'no risk'],
  [1, 'click here'],
  [1, 'limited offer'],
  [0.5, 'winner'],
  [0.5, 'cheap'],
];
const enoughLetters = 100;
const mostCapitalsPercent = 50;

/** Looks for the words of people who sell, and for shouting. */
export function judgeWords(text: string): Finding[] {
  const lower = text.toLowerCase().replace(/\s+/g, ' ');
  const findings = sales
    .filter(([, words]) => lower.includes(words))
    .map(([score, words]): Finding => [score, `"${words}"`]);
  const percent = capitalsPercent(text);
  if (percent > mostCapitalsPercent) findings.push([2.5, `${Math.round(percent)}% capitals`]);
  if (/!{3,}/.test(text)) findings.push([1, '"!!!"']);
  return findings;
}

function capitalsPercent(text: string): number {
  const letters = text.replace(/[^A-Za-z]/g, '');
  return letters.length < enoughLetters ? 0 : (100 * letters.replace(/[^A-Z]/g, '').length) / letters.length;
}
