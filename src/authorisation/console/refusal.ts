import { type Answer, json } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import type { Refusals } from '../../oauth/refusals.ts';
import { paths, type RefusalAnswer } from '../protocol.ts';
import { requireConsole } from './caller.ts';
import { errors } from './errors.ts';

const before = paths.refusal('').length;

/** A message id as it is given out, and a little more. */
const messageIdForm = /^[A-Za-z0-9._-]{1,100}$/;

const findRefusal = (refusals: Refusals) =>
  async function findRefusal({ request }: { request: HttpRequest }): Promise<Answer> {
    const id = request.path.slice(before);
    if (!messageIdForm.test(id)) throw errors.refusalUnknown('it has not the form of a message id');
    const refusal = await refusals.find(id);
    if (!refusal) throw errors.refusalUnknown(`${id} is not kept`);
    const answer: RefusalAnswer = refusal;
    return json(200, answer);
  };

/** `GET /authorisation/refusals/{message_id}`: the private reason of a public error. */
export function createRefusal(secret: string, refusals: Refusals): (request: HttpRequest) => Promise<Answer> {
  const list = steps<{ request: HttpRequest }>().step(requireConsole(secret)).step(findRefusal(refusals));
  return (request) => list.run({ request });
}
