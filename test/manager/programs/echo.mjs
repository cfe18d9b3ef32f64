// Answers what it was asked; a few words make it misbehave.
import { serve } from 'plugboard/serve';

const deeds = {
  'end yourself': () => process.exit(3),
  'wait for ever': () => new Promise(() => {}),
};

await serve({ name: 'echo', version: '1.0.0', execute: (text) => (deeds[text] ? deeds[text]() : text) });
