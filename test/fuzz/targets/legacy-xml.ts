import assert from 'node:assert/strict';
import { parseGpObject } from '../../../src/cis/legacy/gp-object.ts';
import { asText, type FuzzTarget, orAnyError, text } from '../target.ts';

const object = (inner: string): Uint8Array =>
  text(`<?xml version="1.0" encoding="UTF-8"?><gpOBJECT>${inner}</gpOBJECT>`);

export const target: FuzzTarget = {
  name: 'legacy-xml',
  corpus: [
    object('<gpPARAM name="service">NHS</gpPARAM><gpPARAM name="challenge" encoding="base64">QUJD</gpPARAM>'),
    object('<gpPARAM name="uid">656005750108</gpPARAM><gpPARAM name="a">&amp;&lt;&#65;</gpPARAM>'),
    object(''),
  ],
  words: [
    '<!DOCTYPE x [<!ENTITY a "b">]>',
    '&a;',
    '<![CDATA[',
    ']]>',
    '<!--',
    '<?',
    '&#0;',
    '</gpPARAM>',
    '<gpPARAM name="x">',
    ' xmlns="a"',
    'xmlns:a="b"',
    '\u0000',
    '<gpOBJECT>',
  ],
  async run(bytes) {
    const parameters = await orAnyError(() => parseGpObject(asText(bytes)));
    for (const [name, value] of parameters ?? []) {
      assert.match(name, /^[a-z][a-z0-9_]{0,63}$/);
      assert.equal(typeof value, 'string');
    }
  },
};
