import assert from 'node:assert/strict';
import type { TestConsole } from './console.ts';
import type { Answered } from './request.ts';

/** An application as the API shows it. */
type View = Record<string, unknown> & {
  platform: Record<string, unknown>;
  cis2: Record<string, unknown>;
};

/** Returns the calls of `/applications` of a console, which a test starts later. */
export function applicationCalls(started: () => TestConsole) {
  const path = '/api/v1/applications';
  const post = (body: unknown) => started().send(path, { method: 'POST', json: body });
  const get = async (id: string) => (await started().send(`${path}/${id}`)).body as View;
  const made = async (body: object = {}): Promise<string> => {
    const answer = await post({ name: 'an application', platform: {}, ...body });
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body.id);
  };
  return { post, get, made };
}

/** Asserts the refusal of one member. */
export function assertRefused(answer: Answered, field: string, problem: RegExp): void {
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.body.error, 'invalid_request');
  assert.equal(answer.body.field ?? '', field);
  assert.match(String(answer.body.problem), problem);
}
