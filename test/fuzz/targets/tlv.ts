import assert from 'node:assert/strict';
import { encodeTlv, onlyTlv, parseTlv, valueWith } from '../../../identity-agent/card/apdu.ts';
import { type FuzzTarget, hex, orRefused } from '../target.ts';

export const target: FuzzTarget = {
  name: 'tlv',
  corpus: [
    hex(
      '533b3019d4e739da739ced39ce739d836858210842108421c84210c3eb3410a90b989c8470802b922e3699417e2c133508323032383031303130 3e00fe00',
    ),
    hex('7e124f0ba0000003080000100001005f2f024000'),
    hex('7c2482008120edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb'),
    hex('5382000470023000'),
  ],
  words: [hex('81'), hex('82ffff'), hex('83ffffff'), hex('84ffffffff'), hex('5f2f'), hex('7f61'), hex('80')],
  run(bytes) {
    const objects = orRefused(['TlvError'], () => parseTlv(bytes));
    if (objects) {
      const written = Buffer.concat(objects.map(({ tag, value }) => encodeTlv(tag, value)));
      assert.deepEqual(parseTlv(new Uint8Array(written)), objects);
      assert.ok(objects.length <= 32 && bytes.length <= 16_384);
      valueWith(objects, 0x70);
    }
    orRefused(['TlvError'], () => onlyTlv(bytes, 0x53));
  },
};
