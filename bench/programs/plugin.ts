import { serve } from 'plugboard/serve';

await serve<unknown, unknown>({ name: 'echo', version: '1.0.0', execute: (request) => request });
