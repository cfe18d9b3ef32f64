import type { SecurityPolicy, SecurityReport } from '../../src/core/gate.ts';
import { printable } from '../../src/core/printable.ts';
import { inspectorDoor } from './inspector-door.ts';

type Guarantee = SecurityReport['guarantees'][number];

/** What holds here, and what does not, under a policy; `shared` is a folder above the store that others may write. */
export function guarantees(policy: SecurityPolicy, shared: string | undefined): readonly Guarantee[] {
  return [
    bytes(policy),
    owners(policy),
    interpreters(policy),
    packages(policy, shared),
    door(policy),
    sameUser,
    ownCode,
  ];
}

function bytes(policy: SecurityPolicy): Guarantee {
  const what = 'the bytes that were verified are the bytes that run';
  if (policy === 'strict')
    return { what, holds: true, note: 'each start runs a private copy, made of the bytes that were hashed' };
  const note =
    policy === 'permissive'
      ? 'what breaks a rule is noted and started as it lies there'
      : 'nothing is verified';
  return { what, holds: false, note: `the policy is ${policy}: ${note}` };
}

function owners(policy: SecurityPolicy): Guarantee {
  const what = 'files that other users may change are refused';
  if (policy !== 'strict') return { what, holds: false, note: `the policy is ${policy}` };
  if (process.platform === 'win32')
    return {
      what,
      holds: false,
      note: 'Windows says nothing of it to Node; set the rights of the plugin directories',
    };
  return { what, holds: true, note: 'owner and mode are checked at every start, of the folders above too' };
}

function interpreters(policy: SecurityPolicy): Guarantee {
  const what = 'interpreters are pinned, or only root may change them';
  if (policy !== 'strict') return { what, holds: false, note: `the policy is ${policy}` };
  if (process.platform === 'win32')
    return {
      what,
      holds: false,
      note: 'on Windows only those that an entry pins; what they load is never verified',
    };
  return { what, holds: true, note: 'the libraries they load from outside of the plugin are not verified' };
}

function packages(policy: SecurityPolicy, shared: string | undefined): Guarantee {
  const what = 'other users can lay no package in the way of a Node plugin';
  if (policy !== 'strict') return { what, holds: false, note: `the policy is ${policy}` };
  if (shared === undefined)
    return { what, holds: true, note: 'no folder above the verified copies is shared' };
  const note = `the verified copies lie below ${printable(shared, 200)}, where Node looks for what it found nowhere nearer; give another 'storeDir'`;
  return { what, holds: false, note };
}

function door(policy: SecurityPolicy): Guarantee {
  const what = "no plugin opens the host's inspector";
  if (policy === 'disabled') return { what, holds: false, note: 'the policy is disabled' };
  return { what, ...inspectorDoor() };
}

const sameUser: Guarantee = {
  what: 'a plugin that was let in cannot harm the host',
  holds: false,
  note: 'it runs as the same user, so it may read, write and signal what the host may; let in only what you trust',
};

const ownCode: Guarantee = {
  what: 'plugins in this process are verified',
  holds: false,
  note: "what inProcess() runs is the host's own code and was loaded before any gate",
};
