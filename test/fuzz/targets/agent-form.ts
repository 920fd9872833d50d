import assert from 'node:assert/strict';
import type { HttpRequest } from '@alongside/kernel/http';
import { readForm } from '../../../identity-agent/handoff/form.ts';
import { asText, type FuzzTarget, orRefused, text } from '../target.ts';

const headers = { 'content-type': 'application/x-www-form-urlencoded' };

/** The PIN form of the agent's page. */
export const target: FuzzTarget = {
  name: 'agent-form',
  corpus: [
    text('pin=123456&card=AbCdEf'),
    text('pin=12345678&card=&pin=1'),
    text('pin=%31%32%33456&card=x&more=1'),
  ],
  words: ['&pin=', '%00', '+', '%', '&card=', '\u0661\u0662\u0663'],
  run(bytes) {
    const request = { headers, body: asText(bytes) } as unknown as HttpRequest;
    const read = orRefused(['Refusal'], () =>
      readForm(request, { pin: /^[0-9]{1,12}$/, card: /^[\w-]{0,40}$/ }),
    );
    if (read) assert.match(read.pin, /^[0-9]{1,12}$/);
  },
};
