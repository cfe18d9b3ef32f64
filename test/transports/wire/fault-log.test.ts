import { describe, expect, it } from 'vitest';
import { FaultLog } from '../../../transports/wire/fault-log.ts';
import type { Fault } from '../../../transports/wire/messages.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLogger } from '../../support/memory-logger.ts';

function faultLog(): { clock: ManualClock; log: MemoryLogger; faults: FaultLog } {
  const clock = new ManualClock();
  const log = new MemoryLogger();
  return { clock, log, faults: new FaultLog(log, clock) };
}

const malformed: Fault = { kind: 'malformed', preview: 'nonsense' };
const late: Fault = { kind: 'late-or-repeated' };

describe('faults on a wire', () => {
  it('are said once a minute for each kind, with how many there were', () => {
    const { clock, log, faults } = faultLog();
    for (let second = 0; second < 120; second++) {
      faults.note(malformed);
      faults.note(late);
      clock.advance(1000);
    }
    expect(log.records.map(({ level, fields }) => [level, fields['kind'], fields['count']])).toEqual([
      ['warn', 'malformed', 1],
      ['warn', 'late-or-repeated', 1],
      ['warn', 'malformed', 61],
      ['warn', 'late-or-repeated', 61],
    ]);
  });

  it('are said with the beginning of what came', () => {
    const { log, faults } = faultLog();
    faults.note(malformed);
    expect(log.records[0]?.fields).toMatchObject({ preview: 'nonsense' });
  });

  it('are too many at a thousand, of whatever kinds', () => {
    const { faults } = faultLog();
    for (let at = 0; at < 999; at++)
      expect(faults.note(at % 2 === 0 ? malformed : { kind: 'unknown-id' })).toBe(true);
    expect(faults.note({ kind: 'too-deep' })).toBe(false);
    expect(faults.note(malformed)).toBe(false);
  });

  it('are never too many where answers were only late', () => {
    const { faults } = faultLog();
    for (let at = 0; at < 5000; at++) expect(faults.note(late)).toBe(true);
  });
});
