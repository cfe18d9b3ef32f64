import type { Schema } from '../core/contract.ts';
import { messageOf } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

/** Issues beyond these are only counted: the first ones show the mistake. */
const shownIssues = 3;

/** Runs a schema over a value, at once where the schema can, and calls one of the two functions. */
export function checked(
  schema: Schema,
  value: unknown,
  pass: (value: unknown) => void,
  refuse: (why: string) => void,
): void {
  try {
    const result = schema['~standard'].validate(value);
    if (result instanceof Promise)
      result.then(
        (later) => decide(later, pass, refuse),
        (error: unknown) => refuse(messageOf(error)),
      );
    else decide(result, pass, refuse);
  } catch (error) {
    refuse(messageOf(error));
  }
}

type Result = Awaited<ReturnType<Schema['~standard']['validate']>>;
type Issue = NonNullable<Result['issues']>[number];

function decide(result: Result, pass: (value: unknown) => void, refuse: (why: string) => void): void {
  if (result.issues === undefined) return pass(result.value);
  const shown = result.issues.slice(0, shownIssues).map(issueText);
  const more = result.issues.length - shown.length;
  refuse(`${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`);
}

function issueText(issue: Issue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  return printable(path === '' ? issue.message : `${path}: ${issue.message}`);
}
