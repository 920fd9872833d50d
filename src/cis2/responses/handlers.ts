import type { Answer } from '@alongside/kernel/answer';
import type { ErrorFormat, HttpRequest } from '@alongside/kernel/http';
import type { Handler } from '@alongside/kernel/route';

/** Returns a function that serves a list of steps, which starts from the request and `provider`. */
export const handlersOf =
  <P>(provider: P, errors: ErrorFormat) =>
  <Params>(list: {
    run(start: { request: HttpRequest<Params>; provider: P }): Promise<Answer>;
  }): Handler<Params> => ({ endpoint: (request) => list.run({ request, provider }), errors });
