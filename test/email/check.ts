import type { Hook } from 'plugboard';
import { emailHooks, type EmailHook } from 'plugboard/email';

/** What the schema of one side of a hook makes of a value: it, or what is wrong with it. */
export async function check(
  hook: EmailHook,
  side: 'request' | 'response',
  value: unknown,
): Promise<{ readonly value?: unknown; readonly issues: readonly string[] }> {
  const { [side]: schema }: Hook<never, unknown> = emailHooks[hook];
  const result = await schema?.['~standard'].validate(value);
  if (result === undefined) throw new Error(`${hook} has no schema`);
  return result.issues === undefined
    ? { value: result.value, issues: [] }
    : { issues: result.issues.map(({ path = [], message }) => `${path.map(String).join('.')}: ${message}`) };
}

/** The names of all hooks. */
export const names = Object.keys(emailHooks) as readonly EmailHook[];
