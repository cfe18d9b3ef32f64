import type { Attachment } from '../contract.ts';
import type { Finding } from './finding.ts';

const beginnings: Readonly<Record<string, string>> = {
  'application/pdf': '%PDF-',
  'application/zip': 'PK',
  'image/gif': 'GIF8',
  'image/jpeg': '\xff\xd8',
  'image/png': '\x89PNG',
};
const program = /\.(exe|scr|com|bat|cmd|js|vbs|ps1|sh|jar|msi|lnk)$/i;
const programBehindDocument = /\.(pdf|docx?|xlsx?|jpe?g|png|txt)\.\w{2,4}$/i;

/** Looks whether a file is what it claims to be. */
export function judgeAttachment({ name, type, content }: Attachment): Finding[] {
  const findings: Finding[] = [];
  const beginning = beginnings[type];
  if (beginning !== undefined && !startsWith(content, beginning)) findings.push([3, `${name} is no ${type}`]);
  if (program.test(name)) findings.push([3, `${name} is a program`]);
  if (program.test(name) && programBehindDocument.test(name))
    findings.push([2, `${name} poses as a document`]);
  return findings;
}

function startsWith(content: Uint8Array, beginning: string): boolean {
  return Buffer.from(content.subarray(0, beginning.length)).equals(Buffer.from(beginning, 'latin1'));
}
