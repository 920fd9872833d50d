import assert from 'node:assert/strict';
import { passable, readAuthorization, readHeaders } from '../../../src/gateway/headers.ts';
import { asText, type FuzzTarget, orRefused, text } from '../target.ts';

export const target: FuzzTarget = {
  name: 'gateway-headers',
  corpus: [
    text('Authorization\nBearer abc\nX-Request-ID\n1\nConnection\nkeep-alive, x-mine\nX-Mine\n2'),
    text('authorization\nDPoP abc def\nNHSD-Session-URID\n555021935107\nNHSD-Identity-UUID\n6'),
    text('Host\na\nContent-Length\n0\nCookie\na=b\ncookie\nc=d'),
  ],
  words: [
    '\nConnection\n',
    ', ',
    'Bearer ',
    '\nnhsd_identity_uuid\n',
    '\nNHSD.Identity.UUID\n',
    '\nNHSD-Identity-UUID\n',
    '__proto__\n',
    '\t',
  ],
  run(bytes) {
    const refusals = ['Fault', 'FaultError', 'Refusal'];
    const raw = asText(bytes).split('\n');
    const headers = orRefused(refusals, () => readHeaders(raw));
    if (!headers) return;
    for (const name of headers.keys()) assert.equal(name, name.toLowerCase());
    assert.ok(!headers.has('connection'));
    for (const name of passable(headers, { takes: [] }).keys())
      assert.match(name, /^(?!authorization$|nhsd-)[a-z0-9-]+$/);
    orRefused(refusals, () => readAuthorization(headers.get('authorization')));
  },
};
