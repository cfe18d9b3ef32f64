import { z } from 'zod';
import type { AnyCombining } from '../../src/hooks/combining.ts';
import { defaultReplies, documentNames, emailHooks, type EmailHook } from 'plugboard/email';

/** What each hook is made after. */
const references: Readonly<Record<EmailHook, string>> = {
  'connection.connect': 'RFC 5321 §3.1, §4.2',
  'connection.disconnect': 'RFC 5321 §4.1.1.10',
  'command.helo': 'RFC 5321 §4.1.1.1, §4.1.4',
  'command.ehlo': 'RFC 5321 §4.1.1.1, RFC 2034',
  'command.auth': 'RFC 4954 §4, §6',
  'command.startTls': 'RFC 3207 §4',
  'transaction.mailFrom': 'RFC 5321 §4.1.1.2, RFC 1870, 3461, 8689',
  'transaction.rcptTo': 'RFC 5321 §4.1.1.3, §4.5.3.1, RFC 7505',
  'transaction.data': 'RFC 5321 §4.1.1.4, §4.5.3.2.4',
  'transaction.reset': 'RFC 5321 §4.1.1.5',
  'message.headers': 'RFC 5322 §3.6, RFC 5321 §4.4',
  'message.body': 'RFC 2045, 2046, 2183',
  'message.messageComplete': 'RFC 5321 §4.1.1.4, §6.1',
  'queue.enqueue': 'RFC 5321 §6.1, RFC 6710',
  'queue.dequeue': 'RFC 5321 §4.5.4.1',
  'queue.queueRetry': 'RFC 5321 §4.5.4.1',
  'delivery.preDelivery': 'RFC 5321 §5, RFC 6376, 7672, 8461',
  'delivery.deliveryAttempt': 'RFC 5321 §4.5.4',
  'delivery.deliverySuccess': 'RFC 5321 §4.2, RFC 3464',
  'delivery.deliveryFailure': 'RFC 3461, 3464, RFC 5321 §4.5.5',
  'security.rateLimitCheck': 'RFC 5321 §7.8, RFC 3463',
  'security.greylistCheck': 'RFC 6647',
  'security.reputationCheck': 'RFC 5782, 7070 to 7073',
  'content.antivirusScan': 'RFC 5321 §6.1',
  'content.antispamScan': 'RFC 5321 §6.2',
  'content.contentFilter': 'RFC 5321 §6.2',
  'authn.spfCheck': 'RFC 7208, 7372, 8601',
  'authn.dkimVerify': 'RFC 6376, 8301, 8463, 7372',
  'authn.arcVerify': 'RFC 8617',
  'authn.dmarcCheck': 'RFC 9989, 8617',
  'metrics.metricsCollect': '',
  'error.error': 'RFC 5321 §4.2',
  'error.recovery': '',
};

const rules = {
  'first-decisive': 'first decision',
  'modify-chain': 'first decision, with changes',
  'accumulate-score': 'all at once, worst wins',
  'first-provider': 'first that knows',
  observe: 'told only',
} as const;

interface Described {
  readonly properties?: Readonly<Record<string, { readonly const?: unknown }>>;
  readonly required?: readonly string[];
}

/** The table of hooks of docs/email.md, a table for each area. */
export function emailTables(): string {
  const names = Object.keys(emailHooks) as readonly EmailHook[];
  const areas = new Set(names.map((name) => name.slice(0, name.indexOf('.'))));
  const ofArea = (area: string): readonly EmailHook[] => names.filter((name) => name.startsWith(`${area}.`));
  return [...areas].map((area) => areaText(area, ofArea(area))).join('\n\n');
}

function areaText(area: string, hooks: readonly EmailHook[]): string {
  return [
    `### ${area}`,
    '',
    '| hook | in the documents | is told | may answer | rule | a failure | after |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...hooks.map((name) => `| ${cellsOf(name).join(' | ')} |`),
  ].join('\n');
}

function cellsOf(name: EmailHook): readonly string[] {
  const { request, response, combining } = emailHooks[name];
  const documented = Object.entries(documentNames).find(([own]) => own === name)?.[1];
  return [
    `\`${name}\``,
    documented === undefined ? 'added' : `\`${documented}\``,
    fieldsOf(request).join(', '),
    actionsOf(response)
      .map((action) => action + codeOf(name, action))
      .join(', '),
    rules[combining.combine],
    failureOf(combining),
    references[name],
  ];
}

function described(schema: unknown): Described & { readonly oneOf?: readonly Described[] } {
  return z.toJSONSchema(schema as z.ZodType, { unrepresentable: 'any' }) as Described;
}

/** Those that are not the same for every hook. */
function fieldsOf(schema: unknown): readonly string[] {
  const { properties = {}, required = [] } = described(schema);
  return Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`));
}

function actionsOf(schema: unknown): readonly string[] {
  const { oneOf, ...single } = described(schema);
  return (oneOf ?? [single]).map(({ properties }) => String(properties?.['action']?.const));
}

function codeOf(name: EmailHook, action: string): string {
  const replies: Readonly<Record<string, Readonly<Record<string, string>>>> = defaultReplies;
  const [code, status] = replies[name]?.[action]?.split(' ') ?? [];
  return code === undefined ? '' : ` ${code} ${status}`;
}

function failureOf(combining: AnyCombining): string {
  if (!('onFailure' in combining)) return 'is passed over';
  if (combining.onFailure === 'open') return 'open';
  const { code, spf, dkim, arc, dmarc }: Readonly<Record<string, unknown>> = {
    ...combining.refuse({ plugin: 'any', error: new Error('any') as never, code: undefined }),
  };
  return (spf ?? dkim ?? arc ?? dmarc) === undefined ? `closed, ${String(code)}` : 'closed, `temperror`';
}
