import { isIP } from 'node:net';
import * as z from 'zod';

import type { Of } from './shape.ts';

/** How many there are of something, or how many bytes. */
export const count: Of<number> = z.int().min(0);

/** The number of a try, from 1. */
export const attempt: Of<number> = z.int().min(1);

/** A time span in milliseconds. */
export const spanMs: Of<number> = z.number().min(0);

/** A point in time, in milliseconds since 1970. */
export const atMs: Of<number> = z.number().min(0);

export const port: Of<number> = z.int().min(0).max(65_535);

/** What names a session, a transaction or an entry of a queue. */
export const id: Of<string> = z.string().min(1).max(200);

/** A host's name as it was given: it may be wrong, but is no longer than a command line. */
export const hostname: Of<string> = z.string().max(512);

export const ip: Of<string> = z.string().refine((text) => isIP(text) !== 0, 'must be an IP address');

const oneLine = /^[^\p{Cc}\u2028\u2029]*$/u;

/** Text for a person, on one line: nothing in it can begin another line of a reply, a log or a header. */
export const lineOfText: Of<string> = z.string().max(1000).regex(oneLine, 'must have no control characters');
