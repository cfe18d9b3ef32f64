import { expect, it } from 'vitest';
import { connInfoCodec, stdioDataCodec } from '../../../transports/go-plugin/messages.ts';

it('writes where a brokered connection is as protobuf has it', () => {
  const info = { serviceId: 300, network: 'unix', address: '/a' };
  expect(connInfoCodec.write(info).toString('hex')).toBe('08ac021204756e69781a022f61');
  expect(connInfoCodec.read(connInfoCodec.write(info))).toEqual(info);
});

it('writes a knock, and leaves out what is empty', () => {
  const knock = { serviceId: 1, network: '', address: '', knock: { knock: true, ack: false, error: '' } };
  expect(connInfoCodec.write(knock).toString('hex')).toBe('080122020801');
  expect(connInfoCodec.read(connInfoCodec.write(knock))).toEqual(knock);
  const refused = { ...knock, knock: { knock: true, ack: false, error: 'busy' } };
  expect(connInfoCodec.read(connInfoCodec.write(refused))).toEqual(refused);
});

it('writes what was printed with its channel', () => {
  const piece = { channel: 'stderr', data: Buffer.from('hi') } as const;
  expect(stdioDataCodec.write(piece).toString('hex')).toBe('080212026869');
  expect(stdioDataCodec.read(stdioDataCodec.write(piece))).toEqual(piece);
});
