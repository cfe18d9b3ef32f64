import { serve } from 'plugboard/serve';
import type { MailRequest, MailVerdict } from '../contract.ts';
import { verdictOf } from './finding.ts';
import { judgeAttachment } from './judge-attachment.ts';
import { judgeWords } from './judge-words.ts';

/** Looks at words and attached files. In a child process, a file that breaks it does not break the host. */
await serve<MailRequest, MailVerdict>({
  name: 'content',
  version: '1.0.0',
  description: 'judges the words and the attached files of a message',
  execute: ({ subject, text, attachments }) =>
    verdictOf([...judgeWords(`${subject}\n${text}`), ...attachments.flatMap(judgeAttachment)]),
});
